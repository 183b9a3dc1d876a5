/** The mark of Octavo: a sheet with a turned corner and the letter that begins its name. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        class="mark-sheet"
        d="M6 5.5A2.5 2.5 0 0 1 8.5 3H21l5 5v18.5a2.5 2.5 0 0 1-2.5 2.5h-15A2.5 2.5 0 0 1 6 26.5z"
      />
      <path class="mark-corner" d="M21 3v3.5A1.5 1.5 0 0 0 22.5 8H26z" />
      <circle class="mark-letter" cx="16" cy="18" r="5" />
    </svg>
  );
}
