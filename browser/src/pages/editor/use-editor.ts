import { useEffect, useState } from "preact/hooks";
import type { Editor } from "../../editor/editor";
import type { Workspace } from "./workspace";

/**
 * Calls `act` after the frame in which the user sees what changed, and at most every `ms` milliseconds, so that what
 * stands around the text never makes typing wait.
 */
export function afterFrame(act: () => void, ms = 0): () => void {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() =>
      setTimeout(() => {
        due = false;
        act();
      }, ms),
    );
  };
}

/** The open editor; draws the component again when something changed, in the text or in its place on the screen. */
export function useEditor(workspace: Workspace, ms = 0): Editor | null {
  const [, draw] = useState(0);
  const editor = workspace.editor.value;
  useEffect(() => {
    let gone = false;
    const changed = afterFrame(() => gone || draw((count) => count + 1), ms);
    const stop = editor?.subscribe(changed);
    addEventListener("resize", changed);
    return () => {
      gone = true;
      removeEventListener("resize", changed);
      stop?.();
    };
  }, [editor, ms]);
  return editor;
}
