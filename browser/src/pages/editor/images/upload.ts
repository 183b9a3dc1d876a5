/** Bringing an image to the server: a file with its progress, an address that the server fetches, or one it has. */

import type { ImageSource } from "../../../editor/editor";
import { t } from "../../../i18n";
import { ApiError } from "../../../net/api";
import { api } from "../../account";

export interface StoredImage {
  /** What the embed holds. */
  url: string;
  width: number;
  height: number;
}

interface Answer extends Partial<StoredImage> {
  error?: { code?: string; message?: string };
}

/** `fetch` tells nothing of what was sent so far, so this is the one place that uses the older way. */
function sendFile(route: string, file: File, progress: (part: number) => void, stop: AbortSignal) {
  return new Promise<StoredImage>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1${route}`);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new ApiError(0, "OFFLINE", t("image.offline")));
    request.onabort = () => reject(new ApiError(0, "CANCELLED", ""));
    request.onload = () => {
      const answer = (request.response ?? {}) as Answer;
      if (request.status === 201 && answer.url) return resolve(answer as StoredImage);
      const { code = "INTERNAL", message = t("image.failed") } = answer.error ?? {};
      reject(new ApiError(request.status, code, message));
    };
    stop.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Rejects with an `ApiError`; code `CANCELLED` when `stop` was given. */
export async function bringImage(
  documentId: string,
  source: ImageSource,
  progress: (part: number) => void,
  stop: AbortSignal,
): Promise<StoredImage> {
  const route = `/documents/${encodeURIComponent(documentId)}/images`;
  if ("file" in source) return sendFile(route, source.file, progress, stop);
  const body = "url" in source ? { url: source.url } : { image_id: source.imageId };
  const stored = await api.request<StoredImage>("POST", route, body);
  if (stop.aborted) throw new ApiError(0, "CANCELLED", "");
  return stored;
}
