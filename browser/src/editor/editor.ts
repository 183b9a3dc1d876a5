/** Opens a document in an element: view, machine, socket, undo and cursors put together. */

import { AllSelection, EditorState, NodeSelection, TextSelection, type Transaction } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { Delta, type Json, type Op } from "../core/delta";
import type { Effect, MachineEvent } from "../core/events";
import { randomId } from "../core/ids";
import { Machine } from "../core/machine";
import { isRole, type Role, type ServerMessage, type User } from "../core/protocol";
import { Socket } from "../net/socket";
import { Aids } from "./aids";
import { Binding } from "./binding";
import { Borders } from "./borders";
import { checkboxes } from "./checkbox";
import { chunks, inChunks } from "./chunks";
import { clipboard } from "./clipboard/plugin";
import { Selected, typingMark } from "./commands";
import { cursorPlugin, Glide, peopleHere, showCursors } from "./cursors";
import { foundPlugin } from "./find-marks";
import { Hold } from "./hold";
import { keys } from "./keys";
import { Linking } from "./linking";
import { Markdown } from "./markdown";
import { Numbering } from "./numbering";
import type { Parts } from "./parts";
import { Proposals } from "./proposals";
import { type Beginning, begin, type Recorder } from "./recorder";
import { type ClosedReason, closedAfter, insertedText, KEPT, STOPS } from "./refusals";
import { Remarks } from "./remarks";
import { SaveStates } from "./savestate";
import { toContent, toDocument } from "./schema";
import type { PageCommandId } from "./shortcuts";
import { Told } from "./told";
import { toolbarCommands } from "./toolbar";
import type { Access, Commands, Editor, EditorOptions, HistoryName, PendingImage } from "./types";
import { placeOf, Undo } from "./undo";
import { Uploads, uploadPlugin } from "./uploads";

export type * from "./types";

/** A cursor goes out at most this often, in milliseconds. */
const CURSOR_EVERY_MS = 50;

/** Rejects with an `ApiError` when the document cannot be opened, from this device neither. */
export async function openEditor(options: EditorOptions): Promise<Editor> {
  return new OpenEditor(options, await begin(options));
}

/** What ProseMirror's view has and its types leave out. */
interface Observed {
  domObserver: { flush(): void };
}

class OpenEditor implements Editor {
  readonly commands: Commands;
  readonly suggesting: Proposals;
  readonly comments: Remarks;
  readonly aids: Aids;
  readonly #options: EditorOptions;
  readonly #machine: Machine;
  readonly #socket: Socket;
  readonly #journal: Recorder;
  readonly #view: EditorView;
  readonly #hold: Hold<ServerMessage>;
  readonly #undo = new Undo();
  readonly #saves: SaveStates;
  readonly #selected: Selected;
  readonly #linking: Linking;
  readonly #uploads: Uploads;
  readonly #glide = new Glide();
  readonly #listeners = new Set<() => void>();
  #binding: Binding;
  #role: Role;
  #closedReason: ClosedReason = null;
  #maySuggest: boolean;
  #composition = 0;
  /** The selection as the server knows it, in the shown content. */
  #told: { index: number; length: number; uploads: string } | null = null;
  #peopleFrame: number | null = null;
  #cursorTimer: ReturnType<typeof setTimeout> | null = null;
  #wakeTimer: ReturnType<typeof setTimeout> | null = null;
  #stateTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #heard = new Told();

  constructor(options: EditorOptions, opened: Beginning) {
    this.#options = options;
    this.#role = opened.role;
    this.#maySuggest = opened.maySuggest;
    this.#machine = new Machine(opened.start);
    this.#saves = new SaveStates(opened.offline);
    const parts: Parts = {
      machine: this.#machine,
      view: () => this.#view,
      binding: () => this.#binding,
      role: () => this.#role,
      maySuggest: () => this.#maySuggest,
      perform: (...edit) => void this.#perform(...edit),
      show: (tr) => this.#view.updateState(this.#view.state.apply(tr)),
      goTo: (index) => this.aids.goTo(index),
      changed: () => this.#tell(),
    };
    this.suggesting = new Proposals(parts, options.mode);
    this.comments = new Remarks(parts, opened.start.revision ?? 0);
    this.#selected = new Selected({
      state: () => this.#view.state,
      lines: () => this.#binding.lines,
      canEdit: () => this.#canEdit,
      apply: (delta, name, caret) => void this.#perform(delta, name, caret),
      setTyping: (name, value) => this.#setTyping(name, value),
    });
    this.#linking = new Linking(this.#selected);
    this.commands = toolbarCommands({
      selected: this.#selected,
      linking: this.#linking,
      numbering: new Numbering(this.#selected),
      history: this.#undo,
      step: (direction) => this.#step(direction),
      selectAll: () =>
        this.#view.dispatch(this.#view.state.tr.setSelection(new AllSelection(this.#view.state.doc))),
      reason: () => this.#access().reason,
      perform: (id) => this.#pagePerforms(id),
      focus: () => this.#view.focus(),
    });
    const doc = inChunks(toDocument(opened.content));
    this.#binding = new Binding(doc);
    this.#view = this.#createView(EditorState.create({ doc, plugins: this.#plugins() }));
    this.aids = new Aids({
      view: () => this.#view,
      selected: this.#selected,
      linking: this.#linking,
      slice: (start, end) => this.#binding.slice(this.#view.state.doc, start, end),
      cursors: () => this.#machine.cursors(),
      people: () => peopleHere(this.#machine),
      readView: () => this.#readView(),
      show: parts.show,
      changed: () => this.#listen(),
    });
    this.#uploads = new Uploads({
      ...this.#selected.target,
      canEdit: () => this.#canEdit,
      show: parts.show,
      changed: () => this.#cursorMoved(),
    });
    this.#hold = new Hold(
      (message) => this.#handle({ event: "received", message }),
      () => this.#view.composing,
    );
    this.#journal = opened.recorder({
      machine: this.#machine,
      send: (message) => this.#socket.send(message),
      content: () => toContent(this.#view.state.doc),
      changed: () => this.#tell(),
    });
    this.#socket = new Socket(this.#journal.api(options.api), options.documentId, {
      opened: () => this.#handle({ event: "opened" }),
      received: (message) => this.#received(message),
      closed: (code) => this.#handle({ event: "closed", code }),
    });
    options.onTitle(opened.title);
    this.#socket.connect(0, opened.url);
    this.#tell();
  }

  get user(): User | null {
    return this.#machine.user;
  }

  // --- the view

  #plugins() {
    const borders = new Borders(this.#selected);
    const markdown = new Markdown(this.#selected, this.#linking, borders);
    return [
      ...keys({
        borders,
        markdown,
        run: (id) => this.commands.run(id),
        typedOver: (from, to, text) => this.suggesting.typedOver(from, to, text),
      }),
      chunks(),
      cursorPlugin(),
      foundPlugin(),
      uploadPlugin(),
      this.comments.plugin(),
      clipboard({
        ...this.#selected.target,
        documentId: this.#options.documentId,
        link: (text) => this.#linking.pastedOver(text),
        onImages: (images) => this.#options.onImages?.(images),
      }),
      checkboxes((line) => this.#selected.tick(line)),
    ];
  }

  #pagePerforms(id: PageCommandId): boolean {
    const { onLink, onCommand } = this.#options;
    if (id === "link") onLink?.(this.#linking.around()?.url ?? null);
    else onCommand?.(id);
    return (id === "link" ? onLink : onCommand) !== undefined;
  }

  #createView(state: EditorState): EditorView {
    return new EditorView(this.#options.mount, {
      state,
      dispatchTransaction: (tr) => this.#dispatch(tr),
      editable: () => this.#canEdit,
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": this.#options.label ?? "Document",
        spellcheck: "true",
        // A reader who may not edit must be able to reach the text, and to scroll it, by keyboard too.
        tabindex: "0",
      },
      handleDOMEvents: {
        // A key pressed right behind one that moved the caret must not act where the caret was.
        keydown: (_view, event) => {
          this.#readView();
          this.suggesting.keyDown(event);
        },
        compositionstart: () => {
          this.suggesting.markComposed();
          this.#composition += 1;
          this.#hold.compositionStart();
        },
        compositionend: () => this.#hold.compositionEnd(),
      },
    });
  }

  /** The user's transactions, and those that only move the selection. */
  #dispatch(tr: Transaction): void {
    if (tr.docChanged) {
      if (!this.#canEdit) {
        this.#view.updateState(this.#view.state);
        return;
      }
      const { delta, inverse } = this.suggesting.read(tr);
      const how = tr.getMeta("uiEvent") as unknown;
      const name = how === "paste" || how === "drop" || how === "cut" ? how : undefined;
      this.#edited(tr, delta, inverse, name);
    } else {
      if (!tr.selection.eq(this.#view.state.selection) && !this.#hold.holding) this.#undo.pause();
      this.#view.updateState(this.#view.state.apply(tr));
    }
    this.#cursorMoved();
    this.#tell();
  }

  /** The user's edit is shown, noted for undo, and sent; one with a name is an item of undo by itself. */
  #edited(tr: Transaction, delta: Delta, inverse: Delta, name?: HistoryName): void {
    if (name) this.#undo.pause();
    const group = this.#hold.holding ? `composition ${this.#composition}` : null;
    const occasion = { now: performance.now(), group, ...(name ? { name } : {}) };
    if (!delta.isEmpty) this.#undo.record(delta, inverse, occasion);
    if (name) this.#undo.pause();
    this.#show(tr, delta, "right");
    if (!delta.isEmpty) this.#handle(this.#journal.edit(delta));
  }

  #show(tr: Transaction, delta: Delta, stick: "left" | "right"): void {
    if (this.#told) {
      const { index, length, uploads } = this.#told;
      const from = delta.transformIndex(index, stick);
      this.#told = { uploads, index: from, length: delta.transformIndex(index + length, stick) - from };
    }
    this.#view.updateState(this.#view.state.apply(tr));
    this.aids.follow(delta);
  }

  /** A command's delta as the user's edit; gives what takes it back. */
  #perform(edit: Delta, name: HistoryName | null, wanted?: number, decides = false): Delta {
    const { doc, tr } = this.#view.state;
    const { delta, caret } = decides ? { delta: edit, caret: wanted } : this.suggesting.command(edit, wanted);
    const inverse = delta.invert({ slice: (start, end) => this.#binding.slice(doc, start, end) });
    this.#binding.write(tr, delta);
    const { selection } = this.#view.state;
    const node = selection instanceof NodeSelection && delta.changeLength === 0 ? selection.from : null;
    // An image that takes other attributes is put in anew, and stays selected.
    if (node !== null && tr.doc.nodeAt(node)?.type.name === "embed")
      tr.setSelection(NodeSelection.create(tr.doc, node));
    if (caret !== undefined) {
      const at = Math.min(caret, this.#binding.lines.length - 1);
      tr.setSelection(TextSelection.create(tr.doc, this.#binding.lines.position(at)));
    }
    tr.scrollIntoView();
    if (name) {
      this.#edited(tr, delta, inverse, name);
    } else {
      this.#show(tr, delta, "right");
      this.#handle(this.#journal.edit(delta));
    }
    this.#cursorMoved();
    this.#tell();
    return inverse;
  }

  #step(direction: "undo" | "redo"): boolean {
    if (!this.#canEdit) return false;
    return this.#undo[direction]((delta) => this.#perform(delta, null, placeOf(delta)));
  }

  #setTyping(name: string, value: Json): void {
    const { tr } = this.#view.state;
    const mark = typingMark(name, value);
    this.#view.dispatch(value === null ? tr.removeStoredMark(mark.type) : tr.addStoredMark(mark));
  }

  // --- the machine

  #received(message: ServerMessage): void {
    // What is held was heard all the same: else a long composition would pass for a dead connection.
    if (this.#hold.holding) this.#handle({ event: "received", message: { type: "pong" } });
    this.#hold.push(message);
  }

  /**
   * Takes in what the browser did and has not told yet: it reports a moved caret up to a frame late, and showing
   * something meanwhile would put the caret back where it was.
   */
  #readView(): void {
    if (!this.#view.composing) (this.#view as unknown as Observed).domObserver.flush();
  }

  #handle(event: MachineEvent): void {
    if (event.event === "received" || event.event === "tick") this.#readView();
    const freshId = event.event === "closed" ? randomId() : null;
    const around = { now: performance.now() / 1000, random: Math.random(), freshId };
    let moved = false;
    const effects = this.#machine.handle(event, around);
    for (const effect of effects) {
      this.#effect(effect);
      moved ||= effect.effect === "presence" || effect.effect === "apply" || effect.effect === "reset";
    }
    if (event.event === "received") this.comments.received(event.message);
    this.comments.edited();
    this.#journal.after(event, effects);
    if (moved) this.#showPeople();
    // Only now does the view show the revision that the machine would state.
    if (this.#told === null) this.#cursorMoved();
    this.#wake();
    this.#tell();
  }

  #wake(): void {
    if (this.#wakeTimer) clearTimeout(this.#wakeTimer);
    const at = this.#machine.wakeAt;
    if (at === null) return;
    const ms = Math.max(0, at * 1000 - performance.now());
    this.#wakeTimer = setTimeout(() => this.#handle({ event: "tick" }), ms + 1);
  }

  #effect(effect: Effect): void {
    switch (effect.effect) {
      case "send":
        this.#journal.send(effect.message);
        break;
      case "connect":
        this.#socket.connect(effect.after);
        break;
      case "apply":
        this.#applyRemote(new Delta(effect.ops));
        break;
      case "reset":
        this.#reset(new Delta(effect.ops));
        break;
      case "joined":
        this.#role = this.#machine.role ?? this.#role;
        this.#told = null;
        break;
      case "refused":
        this.#saves.refuse(effect.code, effect.message, insertedText(effect.ops), false);
        break;
      case "kept":
        this.#saves.refuse(effect.code, KEPT[effect.code] ?? effect.code, insertedText(effect.ops), false);
        break;
      case "stop":
        this.#stop(effect.code, effect.ops);
        break;
      case "event":
        this.#event(effect.event, effect.data);
        break;
      default:
        break;
    }
  }

  #applyRemote(delta: Delta): void {
    if (delta.isEmpty) return;
    const tr = this.#binding.write(this.#view.state.tr, delta).setMeta("addToHistory", false);
    this.#undo.follow(delta);
    this.#show(tr, delta, "left");
  }

  /** The server's content instead of ours. */
  #reset(content: Delta): void {
    const { selection } = this.#view.state;
    const index = this.#binding.lines.index(selection.head);
    const doc = inChunks(toDocument(content));
    this.#binding = new Binding(doc);
    this.#undo.clear();
    const position = this.#binding.lines.position(Math.min(index, this.#binding.lines.length - 1));
    const state = EditorState.create({
      doc,
      plugins: this.#view.state.plugins,
      selection: TextSelection.create(doc, position),
    });
    this.#view.updateState(state);
    this.aids.follow(null);
    this.#told = null;
  }

  #stop(closeCode: number, lost: readonly Op[]): void {
    const [code, message] = STOPS[closeCode] ?? ["STOPPED", "The server ended the connection for good."];
    this.#closedReason = code === "DOCUMENT_DELETED" ? "deleted" : "stopped";
    this.#socket.close();
    this.#saves.refuse(code, message, insertedText(lost), true);
  }

  #event(event: string, data: unknown): void {
    const about = (data ?? {}) as {
      title?: unknown;
      user?: { id?: unknown };
      role?: unknown;
      switches?: { suggestions?: unknown };
    };
    if (event === "title.changed" && typeof about.title === "string") {
      this.#options.onTitle(about.title);
      this.#journal.titled(about.title);
    }
    this.#closedReason = closedAfter(event, this.#closedReason);
    if (event === "switches.changed") this.#maySuggest = about.switches?.suggestions !== false;
    if (event === "permission.changed") {
      const mine = about.user === undefined || about.user.id === this.#machine.user?.id;
      if (mine && isRole(about.role)) this.#role = about.role;
    }
    this.#options.onEvent?.(event, data);
  }

  // --- others, and what they see of this page

  /** Once a frame, however many messages came; never while an input method composes. */
  #showPeople(): void {
    this.#peopleFrame ??= requestAnimationFrame(() => {
      this.#peopleFrame = null;
      if (this.#hold.holding) {
        this.#showPeople();
        return;
      }
      this.#readView();
      const cursors = this.#machine.cursors();
      const shown = showCursors(this.#view.state, cursors, this.#binding.lines, this.#options.imageComing);
      if (!shown) return;
      this.#view.updateState(this.#view.state.apply(shown.tr));
      this.#glide.play(this.#view, shown.moved);
      this.#glide.forget(new Set(cursors.map((presence) => presence.client_id)));
      this.aids.lookSoon();
    });
  }

  #cursorMoved(): void {
    if (this.#cursorTimer || !this.#machine.joined) return;
    this.#sendCursor();
    this.#cursorTimer = setTimeout(() => {
      this.#cursorTimer = null;
      this.#sendCursor();
    }, CURSOR_EVERY_MS);
  }

  #sendCursor(): void {
    const { anchor, head } = this.#view.state.selection;
    const index = this.#binding.lines.index(anchor);
    const length = this.#binding.lines.index(head) - index;
    const uploads = this.#uploads.shown();
    const next = { index, length, uploads: uploads.map(({ id }) => id).join(" ") };
    // The server moves what it was told along every change by itself.
    const told = this.#told;
    const same = told?.index === index && told.length === length && told.uploads === next.uploads;
    if (!this.#machine.joined || same) return;
    this.#told = next;
    this.#handle({ event: "cursor", cursor: { index, length }, uploads });
  }

  // --- what the page is told

  get #canEdit(): boolean {
    return this.suggesting.ready && this.#closedReason === null && this.#machine.editable;
  }

  #access(): Access {
    const canEdit = this.#canEdit;
    const { mode, mayEdit } = this.suggesting;
    const rights = mode !== "viewing" ? "opening" : mayEdit ? "viewing" : "role";
    return { role: this.#role, mode, canEdit, reason: canEdit ? null : (this.#closedReason ?? rights) };
  }

  #tell(): void {
    // Called from within the constructor too, before everything is there.
    if (!this.#view) return;
    const now = performance.now();
    const { joined, stopped, unacknowledged } = this.#machine;
    const { device, persistent } = this.#journal;
    const facts = { now, joined, stopped, unacknowledged, device, persistent, date: Date.now() };
    const state = this.#saves.tell(facts);
    this.#heard.changed("state", state, () => this.#options.onState(state));
    const access = this.#access();
    this.#heard.changed("access", access, () => {
      this.#view.setProps({});
      this.#options.onAccess(access);
    });
    const people = peopleHere(this.#machine);
    this.#heard.changed("people", people, () => this.#options.onPeople(people));
    if (this.#stateTimer) clearTimeout(this.#stateTimer);
    const due = this.#saves.dueIn(now);
    this.#stateTimer = due === null || due === 0 ? null : setTimeout(() => this.#tell(), due + 1);
    this.#listen();
  }

  #listen(): void {
    for (const listener of this.#listeners) listener();
  }

  // --- what the page may do

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  awaitImage(mark: HTMLElement, index: number | null): PendingImage {
    return this.#uploads.begin(mark, index);
  }

  focus(): void {
    this.#view.focus();
  }

  text(): string {
    return toContent(this.#view.state.doc).text().replaceAll("\ufffc", "").replace(/\n$/, "");
  }

  goToPerson(clientId: string): boolean {
    const cursor = this.#machine.cursors().find((presence) => presence.client_id === clientId)?.cursor;
    if (!cursor) return false;
    this.aids.goTo(cursor.index + cursor.length);
    return true;
  }

  unsavedChanges(): number {
    return this.#journal.device === "stored" ? 0 : this.#machine.unacknowledged;
  }

  unsentText(): string {
    return insertedText(this.#machine.pending);
  }

  dismissRefusal(): void {
    this.#saves.dismiss();
    this.#tell();
  }

  reconnect(): void {
    this.#socket.now();
  }

  close(): Promise<void> {
    for (const timer of [this.#cursorTimer, this.#wakeTimer, this.#stateTimer])
      if (timer) clearTimeout(timer);
    if (this.#peopleFrame !== null) cancelAnimationFrame(this.#peopleFrame);
    this.aids.close();
    this.comments.close();
    this.#hold.close();
    this.#socket.close();
    this.#listeners.clear();
    this.#view.destroy();
    return this.#journal.close();
  }
}
