import { Dialog } from "../../../components/dialog";
import { type MessageKey, t } from "../../../i18n";

const MAC = /Mac|iP(hone|ad|od)/.test(navigator.platform);
const CTRL = () => (MAC ? "⌘" : t("home.keyCtrl"));

type Row = readonly [label: MessageKey, keys: () => readonly string[]];

const GROUPS: ReadonlyArray<readonly [title: MessageKey, rows: readonly Row[]]> = [
  [
    "home.keysAnywhere",
    [
      ["home.search", () => ["/"]],
      ["home.keysShow", () => ["?", `${CTRL()}+/`]],
    ],
  ],
  [
    "home.keysList",
    [
      ["home.keysWalk", () => ["↑ ↓ ← →"]],
      ["home.open", () => [t("home.keyEnter")]],
      ["home.keysMenu", () => [t("home.keyMenu"), `${t("home.keyShift")}+F10`]],
      ["home.rename", () => ["F2"]],
      ["home.star", () => ["S"]],
      ["home.move", () => ["M"]],
      ["home.editTags", () => ["T"]],
      ["home.toTrash", () => [t("home.keyDelete")]],
    ],
  ],
  [
    "home.keysSelect",
    [
      ["home.keysToggle", () => [t("home.keySpace")]],
      ["home.keysRange", () => [`${t("home.keyShift")}+↑ ↓`]],
      ["home.keysAll", () => [`${CTRL()}+A`]],
      ["home.selectNone", () => [t("home.keyEscape")]],
    ],
  ],
  [
    "home.keysFolders",
    [
      ["home.keysFold", () => ["→ ←"]],
      ["home.rename", () => ["F2"]],
      ["home.move", () => ["M"]],
      ["home.folderDelete", () => [t("home.keyDelete")]],
    ],
  ],
  [
    "home.section.trash",
    [
      ["home.restore", () => ["R"]],
      ["home.erase", () => [t("home.keyDelete")]],
    ],
  ],
];

/** What the keyboard does on the home page. */
export function KeyList({ close }: { close(): void }) {
  return (
    <Dialog title={t("home.keys")} onClose={close} kind="wide">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="keys" tabIndex={0} aria-label={t("home.keys")}>
        <div class="keys-columns">
          {GROUPS.map(([title, rows]) => (
            <div key={title} class="keys-group">
              <h3>{t(title)}</h3>
              <dl>
                {rows.map(([label, keys]) => (
                  <div key={label}>
                    <dt>{t(label)}</dt>
                    <dd>
                      {keys().map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </div>
          ))}
        </div>
      </section>
    </Dialog>
  );
}
