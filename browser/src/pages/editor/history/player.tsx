import pause from "lucide:pause";
import play from "lucide:play";
import x from "lucide:x";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { DOMSerializer } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { Decoration, DecorationSet, EditorView } from "prosemirror-view";
import { Icon } from "../../../components/icon";
import { readableColor } from "../../../core/colors";
import type { User } from "../../../core/protocol";
import { Binding } from "../../../editor/binding";
import { inChunks } from "../../../editor/chunks";
import { drawLine } from "../../../editor/drawing";
import { toDocument } from "../../../editor/schema";
import { t } from "../../../i18n";
import { attempt } from "./acting";
import type { History } from "./model";
import { caretAfter, delay, type Frame, Reel, SPEEDS, type Speed } from "./playing";
import { moment, nameOf } from "./words";

type Spec = { dom: HTMLElement; contentDOM: HTMLElement };

/** A document that is only shown; each frame changes in it what differs from the one before. */
class Screen {
  readonly #view: EditorView;
  #caret: { position: number; user: User | undefined; userId: string } | null = null;

  constructor(mount: HTMLElement) {
    this.#view = new EditorView(
      { mount },
      {
        state: EditorState.create({ doc: toDocument({ ops: [{ insert: "\n" }] } as never) }),
        editable: () => false,
        nodeViews: { line: (node) => DOMSerializer.renderSpec(document, drawLine(node)) as Spec },
        attributes: { "aria-label": t("history.text"), role: "document", tabindex: "0" },
        decorations: ({ doc }) => this.#decorations(doc),
      },
    );
  }

  #decorations(doc: EditorState["doc"]): DecorationSet {
    const caret = this.#caret;
    if (!caret || caret.position > doc.content.size) return DecorationSet.empty;
    const draw = () => {
      const mark = document.createElement("span");
      mark.className = "played-caret";
      mark.style.setProperty("--author", readableColor(caret.user?.color, caret.userId));
      mark.dataset.name = nameOf(caret.user);
      return mark;
    };
    return DecorationSet.create(doc, [
      Decoration.widget(caret.position, draw, { key: `${caret.userId}`, side: 1 }),
    ]);
  }

  show(frame: Frame, people: ReadonlyMap<string, User>): void {
    const next = inChunks(toDocument(frame.content));
    const { doc, tr } = this.#view.state;
    const start = doc.content.findDiffStart(next.content);
    if (start !== null) {
      let { a, b } = doc.content.findDiffEnd(next.content) as { a: number; b: number };
      const overlap = start - Math.min(a, b);
      if (overlap > 0) {
        a += overlap;
        b += overlap;
      }
      tr.replace(start, a, next.slice(start, b));
    }
    const { change } = frame;
    if (change) {
      const index = Math.min(caretAfter(change.ops), Math.max(0, frame.content.length - 1));
      const position = new Binding(tr.doc).lines.position(index);
      this.#caret = { position, user: people.get(change.user_id), userId: change.user_id };
    } else this.#caret = null;
    this.#view.dispatch(tr);
    const mark = change && this.#view.dom.querySelector(".played-caret");
    if (mark) mark.scrollIntoView({ block: "nearest" });
  }

  close(): void {
    this.#view.destroy();
  }
}

/** The document's whole life behind a slider. */
export function Player({ history, close }: { history: History; close(): void }) {
  const length = history.head.value;
  const reel = useMemo(() => new Reel(history.path, length), [history, length]);
  const place = useRef<HTMLDivElement>(null);
  const screen = useRef<Screen | null>(null);
  const [revision, setRevision] = useState(0);
  const [time, setTime] = useState("");
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>("fast");
  const wanted = useRef(0);
  const drawing = useRef(false);
  const people = useMemo(
    () =>
      new Map(
        history.sessions.value.flatMap((one) => one.users.map((user) => [user.id, user as User] as const)),
      ),
    [history.sessions.value],
  );

  /** Shows the wanted revision; while that is on its way, what is nearest.  Of several wanted only the last is drawn. */
  async function draw(): Promise<void> {
    if (drawing.current) return;
    drawing.current = true;
    try {
      for (let done = -1; done !== wanted.current; ) {
        done = wanted.current;
        const near = reel.has(done) ? null : reel.near(done);
        if (near) screen.current?.show(near, people);
        const frame = await reel.frame(done);
        if (wanted.current !== done && wanted.current > done + 50) continue;
        screen.current?.show(frame, people);
        setTime(frame.change ? moment(frame.change.timestamp) : "");
      }
    } finally {
      drawing.current = false;
    }
  }

  function go(to: number): void {
    wanted.current = Math.max(0, Math.min(length, to));
    setRevision(wanted.current);
    void attempt(draw);
  }

  useEffect(() => {
    if (!place.current) return;
    screen.current = new Screen(place.current);
    go(0);
    void reel.ahead();
    return () => screen.current?.close();
  }, [reel]);

  useEffect(() => {
    if (!playing) return;
    let stopped = false;
    const run = async () => {
      let due = performance.now();
      while (!stopped && wanted.current < length) {
        let at = wanted.current;
        const now = performance.now();
        // What is due by now is shown in one frame.
        while (due <= now && at < length && at < wanted.current + 5_000) {
          const [last, next] = [at > 0 ? await reel.following(at - 1) : null, await reel.following(at)];
          const gap = last && next ? Date.parse(next.timestamp) - Date.parse(last.timestamp) : 0;
          due += delay(speed, gap, length);
          at += 1;
        }
        if (due < now - 1_000) due = now;
        if (at !== wanted.current) {
          reel.prefetch(at);
          wanted.current = at;
          setRevision(at);
          await draw();
        }
        await new Promise(requestAnimationFrame);
      }
      if (!stopped) setPlaying(false);
    };
    void attempt(run);
    return () => {
      stopped = true;
    };
  }, [playing, speed, reel]);

  const start = () => {
    if (!playing && wanted.current >= length) go(0);
    setPlaying(!playing);
  };
  return (
    <>
      <div class="paper">
        <div class="history-text" ref={place} />
      </div>
      <section class="player" aria-label={t("history.playback")}>
        <button
          type="button"
          class="button icon-only"
          aria-label={t(playing ? "history.pause" : "history.play")}
          data-tip={t(playing ? "history.pause" : "history.play")}
          onClick={start}
        >
          <Icon shapes={playing ? pause : play} />
        </button>
        <input
          class="player-place"
          type="range"
          min={0}
          max={length}
          value={revision}
          aria-label={t("history.playPlace")}
          aria-valuetext={t("history.playAt", { revision, count: length, time })}
          onInput={(event) => {
            setPlaying(false);
            go(Number(event.currentTarget.value));
          }}
          onKeyDown={(event) => {
            if (event.key !== " ") return;
            event.preventDefault();
            start();
          }}
        />
        <span class="player-time quiet">{time || t("history.revision", { revision })}</span>
        <select
          class="input player-speed"
          aria-label={t("history.playSpeed")}
          value={speed}
          onChange={(event) => setSpeed(event.currentTarget.value as Speed)}
        >
          {SPEEDS.map((one) => (
            <option key={one} value={one}>
              {t(`history.speed.${one}`)}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="button icon-only"
          aria-label={t("history.playClose")}
          data-tip={t("history.playClose")}
          onClick={close}
        >
          <Icon shapes={x} />
        </button>
      </section>
    </>
  );
}
