import { signal } from "@preact/signals";
import { render } from "preact";
import { announce } from "../../../components/notice";
import type { ImageSource, PastedImage, PendingImage } from "../../../editor/editor";
import { t } from "../../../i18n";
import { asApiError } from "../../account";
import type { Workspace } from "../workspace";
import { bringImage } from "./upload";
import "../../../styles/panels.css";
import "../tool-words";

/** How far an image is: part of one, or why it did not come. */
type State = { part: number } | { failure: string };

const nameOf = (source: ImageSource) =>
  "file" in source ? source.file.name || t("image.pasted") : "url" in source ? source.url : t("image.pasted");

interface MarkProps {
  name: string;
  state: { value: State };
  retry(): void;
  remove(): void;
}

function Mark({ name, state, retry, remove }: MarkProps) {
  const now = state.value;
  const failed = "failure" in now;
  return (
    // biome-ignore lint/a11y/useSemanticElements: it stands within a line of text, where no block may be
    <span class={failed ? "upload failed" : "upload"} role="group" aria-label={t("image.upload", { name })}>
      <span class="upload-name">{name}</span>
      {failed ? (
        <span class="upload-failure">{now.failure}</span>
      ) : (
        <progress max={1} value={now.part || undefined} aria-label={t("image.progress")} />
      )}
      <span class="row">
        {failed && (
          <button type="button" class="button" onClick={retry}>
            {t("problem.retry")}
          </button>
        )}
        <button type="button" class="button" onClick={remove}>
          {t(failed ? "image.giveUp" : "app.cancel")}
        </button>
      </span>
    </span>
  );
}

/** One image from its source to its place in the text; it can be cancelled, and tried again when it failed. */
function follow(workspace: Workspace, image: PastedImage, place: PendingImage, mark: HTMLElement): void {
  const state = signal<State>({ part: 0 });
  let stop = new AbortController();
  const end = () => {
    workspace.uploads.value -= 1;
    render(null, mark);
  };
  const bring = async () => {
    stop = new AbortController();
    state.value = { part: 0 };
    place.underWay(true);
    try {
      const stored = await bringImage(
        workspace.documentId,
        image.source,
        (part) => {
          state.value = { part };
        },
        stop.signal,
      );
      end();
      const placed = place.place({ ...image.attributes, src: stored.url });
      announce(t(placed ? "image.done" : "image.failed"));
    } catch (error) {
      const { code, message } = asApiError(error);
      if (code === "CANCELLED") return;
      state.value = { failure: message };
      place.underWay(false);
      announce(message);
    }
  };
  const remove = () => {
    stop.abort();
    end();
    place.remove();
  };
  workspace.uploads.value += 1;
  render(<Mark name={nameOf(image.source)} state={state} retry={() => void bring()} remove={remove} />, mark);
  void bring();
}

/** Takes images in, each at its index in the text as it is at this moment; without one, at the caret. */
export function takeImages(
  workspace: Workspace,
  images: ReadonlyArray<Omit<PastedImage, "index"> & { index: number | null }>,
): void {
  const editor = workspace.editor.peek();
  if (!editor || !workspace.access.peek().canEdit) return;
  for (const image of images) {
    const mark = document.createElement("span");
    mark.className = "upload-place";
    follow(workspace, image as PastedImage, editor.awaitImage(mark, image.index), mark);
  }
}
