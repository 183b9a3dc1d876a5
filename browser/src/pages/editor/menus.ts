import { languageChoices, themeChoices } from "../../components/account-menu";
import type { TopMenu } from "../../components/menu-bar";
import type { MenuEntry } from "../../components/menu-list";
import { notify } from "../../components/notice";
import type { LineHeight } from "../../editor/editor";
import { LINE_HEIGHTS } from "../../editor/formats";
import type { CommandId } from "../../editor/shortcuts";
import { t } from "../../i18n";
import { account, api, asApiError } from "../account";
import { shownTitle } from "../documents";
import { navigate } from "../router";
import { openShare } from "../share";
import { command } from "./command";
import { ICONS } from "./icons";
import { lineHeightName } from "./names";
import type { Workspace } from "./workspace";

const LINE: MenuEntry = { kind: "line" };

function entry(workspace: Workspace, id: CommandId, radio = false): MenuEntry {
  const { label, keys, reason, active, run } = command(workspace, id);
  const icon = ICONS[id];
  return {
    kind: "item",
    label,
    keys,
    reason,
    run,
    ...(icon ? { icon } : {}),
    ...(active === null ? {} : { checked: active === true, radio }),
  };
}

/** Commands in a row; null is a line between groups. */
const entries = (workspace: Workspace, ids: ReadonlyArray<CommandId | null>, radio = false): MenuEntry[] =>
  ids.map((id) => (id ? entry(workspace, id, radio) : LINE));

const submenu = (label: string, list: MenuEntry[]): MenuEntry => ({ kind: "menu", label, entries: list });

/** Does what a menu of the page asks of the server, and says so when it could not. */
async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    notify(asApiError(error).message);
  }
}

function file(workspace: Workspace): MenuEntry[] {
  const { role, canEdit } = workspace.access.peek();
  const owner = role === "owner" ? "" : t("reason.owner");
  const create = async () => navigate(`/d/${(await api.createDocument()).id}`);
  const trash = async () => {
    const { documentId } = workspace;
    if (!(await workspace.mayLeave())) return;
    await api.trash(documentId);
    await navigate("/");
    const undo = () => api.undelete(documentId).then(() => navigate(`/d/${documentId}`));
    const title = shownTitle({ title: workspace.title.peek() });
    notify(t("home.trashed", { title }), { label: t("home.undo"), run: () => void attempt(undo) });
  };
  const rename = () => {
    const input = document.querySelector<HTMLInputElement>(".title-input");
    input?.focus();
    input?.select();
  };
  return [
    { kind: "item", label: t("home.new"), run: () => void attempt(create) },
    { kind: "item", label: t("home.rename"), reason: canEdit ? "" : t("reason.role"), run: rename },
    { kind: "item", label: t("share.button"), run: () => openShare(workspace.documentId) },
    LINE,
    ...entries(workspace, ["history", "authors", null, "save", "print"]),
    LINE,
    {
      kind: "item",
      label: t("menu.activity"),
      reason: owner,
      run: () => openShare(workspace.documentId, "activity"),
    },
    { kind: "item", label: t("app.home"), run: () => void navigate("/") },
    { kind: "item", label: t("home.toTrash"), danger: true, reason: owner, run: () => void attempt(trash) },
  ];
}

function view(workspace: Workspace): MenuEntry[] {
  const shown = (id: "outline" | "full-screen", checked: boolean): MenuEntry => {
    const { label, keys, run } = command(workspace, id);
    return { kind: "item", label, keys, checked, run };
  };
  const choices = (list: ReturnType<typeof themeChoices | typeof languageChoices>): MenuEntry[] =>
    list.map((choice) => ({ kind: "item", radio: true, ...choice }));
  return [
    shown("outline", workspace.outline.peek()),
    shown("full-screen", workspace.fullScreen.peek()),
    LINE,
    submenu(t("menu.mode"), modes(workspace)),
    submenu(t("theme.label"), choices(themeChoices())),
    ...(account.peek() ? [submenu(t("language.label"), choices(languageChoices()))] : []),
  ];
}

function modes(workspace: Workspace): MenuEntry[] {
  const { role, mode } = workspace.access.peek();
  const choice = (
    id: "mode-editing" | "mode-suggesting" | "mode-viewing",
    least: readonly string[],
  ): MenuEntry => {
    const { label, keys, run } = command(workspace, id);
    const reason = least.includes(role) ? "" : t("reason.role");
    return { kind: "item", label, keys, run, reason, radio: true, checked: id === `mode-${mode}` };
  };
  return [
    choice("mode-editing", ["owner", "editor"]),
    choice("mode-suggesting", ["owner", "editor", "commenter"]),
    choice("mode-viewing", ["owner", "editor", "commenter", "viewer"]),
  ];
}

function lineSpacing(workspace: Workspace): MenuEntry[] {
  const commands = workspace.editor.peek()?.commands;
  const now = commands?.format("line-height");
  const reason = workspace.access.peek().canEdit ? "" : t("reason.role");
  const choice = (value: LineHeight | null): MenuEntry => ({
    kind: "item",
    label: lineHeightName(value),
    checked: now?.mixed !== true && (now?.value ?? null) === value,
    radio: true,
    reason,
    run: () => void commands?.set("line-height", value),
  });
  return [choice(null), ...LINE_HEIGHTS.map(choice)];
}

function format(workspace: Workspace): MenuEntry[] {
  const of = (ids: ReadonlyArray<CommandId | null>, radio = false) => entries(workspace, ids, radio);
  return [
    submenu(
      t("menu.text"),
      of([
        ...(["bold", "italic", "underline", "strike", "code", "superscript", "subscript"] as const),
        ...([null, "bigger", "smaller"] as const),
      ]),
    ),
    submenu(
      t("tool.style"),
      of(
        [
          ...([
            "paragraph",
            "heading-1",
            "heading-2",
            "heading-3",
            "heading-4",
            "heading-5",
            "heading-6",
          ] as const),
          ...([null, "blockquote", "code-block"] as const),
        ],
        true,
      ),
    ),
    submenu(t("menu.align"), [
      ...of(["align-left", "align-center", "align-right", "align-justify"], true),
      ...of([null, "indent", "outdent", null]),
      ...of(["left-to-right", "right-to-left"], true),
    ]),
    submenu(t("tool.spacing"), lineSpacing(workspace)),
    submenu(t("menu.lists"), [
      ...of(["bullet-list", "ordered-list", "checklist"], true),
      ...of([null, "tick", null, "restart-numbering", "continue-numbering"]),
    ]),
    LINE,
    entry(workspace, "clear"),
  ];
}

/** All commands that work here, in the order that writers know. */
export function menus(workspace: Workspace): TopMenu[] {
  const of = (ids: ReadonlyArray<CommandId | null>) => () => entries(workspace, ids);
  return [
    { label: t("menu.file"), entries: () => file(workspace) },
    { label: t("menu.edit"), entries: of(["undo", "redo", null, "select-all", null, "find", "replace"]) },
    { label: t("menu.view"), entries: () => view(workspace) },
    {
      label: t("menu.insert"),
      entries: of(["image", null, "link", "unlink", null, "comment", null, "divider", "page-break"]),
    },
    { label: t("menu.format"), entries: () => format(workspace) },
    {
      label: t("menu.tools"),
      entries: of(["comments", "next-comment", "previous-comment", null, "word-count", "palette"]),
    },
    { label: t("menu.help"), entries: of(["shortcuts"]) },
  ];
}
