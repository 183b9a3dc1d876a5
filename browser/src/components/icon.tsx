/** An icon of 24 units a side; decoration only, so the control around it carries the name. */
export function Icon({ shapes, size = 18 }: { shapes: string; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
      // The shapes are built in from lucide at build time; nothing a user wrote comes here.
      dangerouslySetInnerHTML={{ __html: shapes }}
    />
  );
}
