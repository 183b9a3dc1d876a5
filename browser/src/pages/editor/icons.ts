import bold from "lucide:bold";
import code from "lucide:code";
import full from "lucide:expand";
import image from "lucide:image";
import italic from "lucide:italic";
import keyboard from "lucide:keyboard";
import link from "lucide:link";
import bullet from "lucide:list";
import check from "lucide:list-checks";
import outdent from "lucide:list-indent-decrease";
import indent from "lucide:list-indent-increase";
import ordered from "lucide:list-ordered";
import comment from "lucide:message-square-plus";
import comments from "lucide:messages-square";
import divider from "lucide:minus";
import print from "lucide:printer";
import redo from "lucide:redo-2";
import clear from "lucide:remove-formatting";
import find from "lucide:search";
import codeBlock from "lucide:square-code";
import strike from "lucide:strikethrough";
import sub from "lucide:subscript";
import sup from "lucide:superscript";
import outline from "lucide:table-of-contents";
import alignCenter from "lucide:text-align-center";
import alignRight from "lucide:text-align-end";
import alignJustify from "lucide:text-align-justify";
import alignLeft from "lucide:text-align-start";
import quote from "lucide:text-quote";
import underline from "lucide:underline";
import undo from "lucide:undo-2";
import unlink from "lucide:unlink";
import type { CommandId } from "../../editor/shortcuts";

/** The commands that have a picture; one that can be "on" shows its tick in a menu instead. */
export const ICONS: Partial<Record<CommandId, string>> = {
  undo,
  redo,
  bold,
  italic,
  underline,
  strike,
  code,
  superscript: sup,
  subscript: sub,
  clear,
  blockquote: quote,
  "code-block": codeBlock,
  "align-left": alignLeft,
  "align-center": alignCenter,
  "align-right": alignRight,
  "align-justify": alignJustify,
  indent,
  outdent,
  "bullet-list": bullet,
  "ordered-list": ordered,
  checklist: check,
  comment,
  comments,
  link,
  image,
  unlink,
  divider,
  find,
  print,
  outline,
  "full-screen": full,
  shortcuts: keyboard,
};
