import words from "lucide:captions";
import own from "lucide:scaling";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../../components/icon";
import { placeBelow } from "../../../components/place";
import type { Editor, SelectedImage } from "../../../editor/editor";
import { t } from "../../../i18n";
import { command } from "../command";
import { ICONS } from "../icons";
import { useEditor } from "../use-editor";
import type { Workspace } from "../workspace";
import "../../../styles/panels.css";
import "../tool-words";

const MIN = 8;
const MAX = 4096;
const STEP = 10;
const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"] as const;
const SIDES = ["align-left", "align-center", "align-right"] as const;

const bounded = (width: number) => Math.round(Math.max(MIN, Math.min(MAX, width)));

/** What a drag or the arrow keys make of the width; it is set in the document when they let go. */
function useWidth(editor: Editor, image: SelectedImage) {
  const [dragged, setDragged] = useState<number | null>(null);
  const set = (width: number | null) => editor.commands.setImage({ width });
  const drag = (event: PointerEvent, outwards: 1 | -1) => {
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    const from = event.clientX;
    const widthAt = (at: number) => bounded(image.rect.width + (at - from) * outwards);
    handle.onpointermove = (moved) => setDragged(widthAt(moved.clientX));
    handle.onpointerup = handle.onpointercancel = (ended) => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null;
      setDragged(null);
      if (ended.type === "pointerup") set(widthAt(ended.clientX));
    };
  };
  const keyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowRight: STEP,
      ArrowUp: STEP,
      ArrowLeft: -STEP,
      ArrowDown: -STEP,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    set(bounded(image.rect.width + (event.shiftKey ? step * 5 : step)));
    // A command gives the focus to the text; whoever walks by keyboard goes on here.
    handle.focus();
  };
  return { width: dragged ?? image.rect.width, set, drag, keyDown };
}

function Handles({ editor, image }: { editor: Editor; image: SelectedImage }) {
  const { width, drag, keyDown } = useWidth(editor, image);
  const { rect } = image;
  const height = (rect.height * width) / rect.width;
  const left = image.align === "right" ? rect.right - width : rect.left;
  return (
    <div
      class="image-frame"
      style={{ top: `${rect.top}px`, left: `${left}px`, width: `${width}px`, height: `${height}px` }}
    >
      {CORNERS.map((corner) => (
        <span
          key={corner}
          class={`image-handle ${corner}`}
          {...(corner === "bottom-right"
            ? {
                role: "slider",
                tabIndex: 0,
                "aria-label": t("image.width"),
                "aria-valuemin": MIN,
                "aria-valuemax": MAX,
                "aria-valuenow": Math.round(width),
                onKeyDown: keyDown,
              }
            : {})}
          onPointerDown={(event) => drag(event, corner.endsWith("right") ? 1 : -1)}
        />
      ))}
    </div>
  );
}

/** Around the image that is selected: handles for its width, and what can be done with it. */
export default function ImageTools({ workspace }: { workspace: Workspace }) {
  const editor = useEditor(workspace);
  const image = editor?.aids.selectedImage();
  const box = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (image && box.current) placeBelow(image.rect, box.current);
  });
  if (!editor || !image || !workspace.access.value.canEdit) return null;
  const tool = (label: string, icon: string, run: () => void, pressed?: boolean) => (
    <button
      key={label}
      type="button"
      class="tool"
      aria-label={label}
      data-tip={label}
      aria-pressed={pressed}
      onMouseDown={(event) => event.preventDefault()}
      onClick={run}
    >
      <Icon shapes={icon} size={16} />
    </button>
  );
  return (
    <>
      <Handles editor={editor} image={image} />
      <section ref={box} class="bubble" aria-label={t("image.tools")}>
        {SIDES.map((id) => {
          const { label, active, run } = command(workspace, id);
          return tool(label, ICONS[id] ?? "", run, active === true);
        })}
        {tool(t("image.words"), words, () => {
          workspace.panel.value = "image-text";
        })}
        {image.width !== null && tool(t("image.own"), own, () => editor.commands.setImage({ width: null }))}
      </section>
    </>
  );
}
