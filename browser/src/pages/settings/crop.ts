/** Cutting a square out of a picture so that it meets the server's limits for a profile picture. */

/** Pixels a side; the server takes up to 1,024. */
export const SIDE = 512;
/** The server's limit. */
export const LIMIT_BYTES = 256 * 1024;
export const ZOOM_LIMIT = 4;

/** What is cut out: `zoom` 1 is the largest square; `x` and `y` 0 … 1 are where it lies in the room that is left. */
export interface Crop {
  zoom: number;
  x: number;
  y: number;
}

export const MIDDLE: Crop = { zoom: 1, x: 0.5, y: 0.5 };

const within = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

/** The square of the picture that is cut out, in its pixels. */
export function square(width: number, height: number, { zoom, x, y }: Crop) {
  const side = Math.min(width, height) / within(zoom, 1, ZOOM_LIMIT);
  return { left: (width - side) * within(x, 0, 1), top: (height - side) * within(y, 0, 1), side };
}

/** The crop after the picture was pushed by a part of the square's side; it follows the pointer. */
export function pushed(width: number, height: number, crop: Crop, right: number, down: number): Crop {
  const { side } = square(width, height, crop);
  const along = (at: number, room: number, part: number) =>
    room <= 0 ? at : within(at - (part * side) / room, 0, 1);
  return { ...crop, x: along(crop.x, width - side, right), y: along(crop.y, height - side, down) };
}

/** Draws what is cut out into a canvas of `pixels` a side. */
export function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, crop: Crop, pixels: number): void {
  canvas.width = pixels;
  canvas.height = pixels;
  const { left, top, side } = square(picture.width, picture.height, crop);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left, top, side, side, 0, 0, pixels, pixels);
}

const encoded = (canvas: HTMLCanvasElement, kind: string, quality: number) =>
  new Promise<Blob | null>((done) => canvas.toBlob(done, kind, quality));

/** The picture as bytes that the server takes; null when the browser cannot make any. */
export async function encode(picture: ImageBitmap, crop: Crop): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  // WebP keeps what is transparent; a browser that cannot write it gives PNG, which may be too large, and then JPEG.
  for (const [side, kind, quality] of [
    [SIDE, "image/webp", 0.9],
    [SIDE, "image/jpeg", 0.85],
    [SIDE / 2, "image/jpeg", 0.8],
  ] as const) {
    draw(canvas, picture, crop, side);
    const blob = await encoded(canvas, kind, quality);
    if (blob && blob.size <= LIMIT_BYTES) return blob;
  }
  return null;
}
