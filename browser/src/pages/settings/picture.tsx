import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog";
import { t } from "../../i18n";
import type { Account } from "../../net/api";
import { api } from "../account";
import { type Crop, draw, encode, MIDDLE, pushed, SIDE, ZOOM_LIMIT } from "./crop";
import { Outcome, useOutcome } from "./outcome";

/** The picture of a file; null while it is read, false when it is none. */
function usePicture(file: File): ImageBitmap | null | false {
  const [picture, setPicture] = useState<ImageBitmap | null | false>(null);
  useEffect(() => {
    let current = true;
    createImageBitmap(file).then(
      (read) => (current ? setPicture(read) : read.close()),
      () => current && setPicture(false),
    );
    return () => {
      current = false;
    };
  }, [file]);
  return picture;
}

interface StageProps {
  picture: ImageBitmap;
  crop: Crop;
  set(crop: Crop): void;
}

/** What is cut out, to be pushed about with the pointer; the keyboard has the sliders. */
function Stage({ picture, crop, set }: StageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, picture, crop, SIDE);
  }, [picture, crop]);
  return (
    <canvas
      ref={canvas}
      class="crop"
      role="img"
      aria-label={t("settings.cropPreview")}
      onPointerDown={(event) => {
        from.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!from.current) return;
        const { width } = event.currentTarget.getBoundingClientRect();
        const [right, down] = [event.clientX - from.current.x, event.clientY - from.current.y];
        from.current = { x: event.clientX, y: event.clientY };
        set(pushed(picture.width, picture.height, crop, right / width, down / width));
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onPointerCancel={() => {
        from.current = null;
      }}
      onWheel={(event) => {
        event.preventDefault();
        const zoom = Math.max(1, Math.min(ZOOM_LIMIT, crop.zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1)));
        set({ ...crop, zoom });
      }}
    />
  );
}

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  set(value: number): void;
}

function Slider({ label, value, min, max, set }: SliderProps) {
  return (
    <label class="slider">
      <span>{label}</span>
      <input
        type="range"
        min={min}
        max={max}
        step={0.01}
        value={value}
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
    </label>
  );
}

interface PictureDialogProps {
  file: File;
  close(): void;
  saved(user: Account): void;
}

/** Cutting out and bringing in one's picture; it leaves this browser small enough, without what the camera wrote. */
export default function PictureDialog({ file, close, saved }: PictureDialogProps) {
  const picture = usePicture(file);
  const [crop, setCrop] = useState(MIDDLE);
  const outcome = useOutcome();
  const save = async () => {
    if (!picture) return;
    const done = await outcome.act(async () => {
      const blob = await encode(picture, crop);
      if (!blob) throw new Error(t("settings.pictureUnread"));
      saved(await api.upload<Account>("PUT", "/users/me/picture", blob));
    }, "");
    if (done) close();
  };
  return (
    <Dialog title={t("settings.crop")} onClose={close}>
      {picture === false && <p class="failure">{t("settings.pictureUnread")}</p>}
      {picture === null && <p class="quiet late">{t("app.loading")}</p>}
      {picture && (
        <>
          <Stage picture={picture} crop={crop} set={setCrop} />
          <Slider
            label={t("settings.cropZoom")}
            value={crop.zoom}
            min={1}
            max={ZOOM_LIMIT}
            set={(zoom) => setCrop({ ...crop, zoom })}
          />
          <Slider
            label={t("settings.cropAcross")}
            value={crop.x}
            min={0}
            max={1}
            set={(x) => setCrop({ ...crop, x })}
          />
          <Slider
            label={t("settings.cropDown")}
            value={crop.y}
            min={0}
            max={1}
            set={(y) => setCrop({ ...crop, y })}
          />
        </>
      )}
      <Outcome {...outcome} />
      <div class="row end">
        <button type="button" class="button" onClick={close}>
          {t("app.cancel")}
        </button>
        <button
          type="button"
          class="button primary"
          disabled={!picture || outcome.busy}
          onClick={() => void save()}
        >
          {t("settings.pictureSave")}
        </button>
      </div>
    </Dialog>
  );
}
