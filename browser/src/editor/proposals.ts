/** Suggesting in the view: modes, what typing and deleting become, and deciding on what is suggested. */

import type { Node } from "prosemirror-model";
import { TextSelection, type Transaction } from "prosemirror-state";
import { type Delta, DeltaBuilder, type Sliceable } from "../core/delta";
import { randomId } from "../core/ids";
import { authorOf, decide, type Suggestion } from "../core/suggestions";
import type { Edit } from "./binding";
import type { Parts } from "./parts";
import { attributesOf, markFor, toContent } from "./schema";
import { caretIn, Suggesting, takenAway } from "./suggesting";
import { SuggestionList } from "./suggestion-list";
import type { Mode, Suggestions } from "./types";

export class Proposals implements Suggestions {
  readonly #parts: Parts;
  readonly #suggesting: Suggesting;
  readonly #list = new SuggestionList();
  #wanted: Mode;
  /** The last key deletes to the right. */
  #forwards = false;

  constructor(parts: Parts, mode: Mode = "editing") {
    this.#parts = parts;
    this.#wanted = mode;
    this.#suggesting = new Suggesting(() => this.#userId, randomId);
  }

  get #userId(): string | null {
    return this.#parts.machine.user?.id ?? null;
  }

  // --- modes

  get mayEdit(): boolean {
    const role = this.#parts.role();
    return role === "owner" || role === "editor";
  }

  /** What edits do here: those who may only suggest always suggest. */
  get mode(): Mode {
    if (this.mayEdit) return this.#wanted;
    const suggests = this.#parts.role() === "commenter" && this.#parts.maySuggest();
    return suggests && this.#wanted !== "viewing" ? "suggesting" : "viewing";
  }

  /** Whether an edit can be made one of this mode. */
  get ready(): boolean {
    // A suggestion bears its author's id.
    return this.mode === "editing" || (this.mode === "suggesting" && this.#userId !== null);
  }

  setMode(mode: Mode): void {
    this.#wanted = mode;
    this.#parts.changed();
  }

  // --- edits

  keyDown(event: KeyboardEvent): void {
    this.#forwards = event.key === "Delete" || (event.ctrlKey && event.key === "d");
  }

  /** What the view did; in suggesting mode as a suggestion: the transaction puts back, marked, what it took away. */
  read(tr: Transaction): Edit {
    const binding = this.#parts.binding();
    const plain = binding.read(tr);
    if (this.mode !== "suggesting") return plain;
    const made = this.#suggesting.ofView(plain, this.#content(tr.doc), binding.lines.length);
    binding.write(tr, made.correction);
    const taken = takenAway(plain.delta);
    // The Delete key goes on behind what it has marked.
    if (taken > 0 && this.#forwards) {
      const at = binding.lines.index(tr.selection.head) + taken;
      tr.setSelection(TextSelection.create(tr.doc, binding.lines.position(at)));
    }
    return made;
  }

  /** A command's delta, and where its caret stands, as this mode has it. */
  command(edit: Delta, caret?: number): { delta: Delta; caret?: number } {
    const binding = this.#parts.binding();
    const given = caret === undefined ? {} : { caret };
    if (this.mode !== "suggesting") return { delta: edit, ...given };
    const content = this.#content(this.#parts.view().state.doc);
    const delta = this.#suggesting.ofCommand(edit, content, binding.lines.length);
    return caret === undefined ? { delta } : { delta, caret: caretIn(delta, edit, caret) };
  }

  /** Text typed over a selection: the view would keep letters that both have. */
  typedOver(from: number, to: number, text: string): boolean {
    if (this.mode !== "suggesting" || from === to) return false;
    const { lines } = this.#parts.binding();
    const { $from, $to } = this.#parts.view().state.selection;
    const attributes = Object.entries(attributesOf($from.marksAcross($to) ?? []) ?? {});
    const plain = Object.fromEntries(attributes.filter(([name]) => !name.startsWith("suggest-")));
    const start = lines.index(from);
    const edit = new DeltaBuilder()
      .retain(start)
      .insert(text, plain)
      .delete(lines.index(to) - start)
      .build();
    this.#parts.perform(edit, "typing", start + text.length);
    return true;
  }

  /** What an input method composes bears its mark from the first letter on: a mark put later would end the composing. */
  markComposed(): void {
    if (this.mode !== "suggesting") return;
    const view = this.#parts.view();
    const { lines } = this.#parts.binding();
    const { state } = view;
    const index = lines.index(state.selection.from);
    const id = this.#suggesting.idAt(index, this.#content(state.doc), lines.length);
    if (id === null) return;
    const marks = state.storedMarks ?? state.selection.$from.marks();
    const others = marks.filter((mark) => !mark.type.name.startsWith("suggest-"));
    view.dispatch(state.tr.setStoredMarks(markFor("suggest-insert", id).addToSet(others)));
  }

  #content(doc: Node): Sliceable {
    return { slice: (start, end) => this.#parts.binding().slice(doc, start, end) };
  }

  // --- what is suggested

  all(): readonly Suggestion[] {
    return this.#list.of(this.#parts.view().state.doc);
  }

  decide(ids: readonly string[] | null, accept: boolean): boolean {
    const own = () => ids?.every((id) => authorOf(id) === this.#userId) ?? false;
    // Whoever may only suggest may still take back what is their own.
    if (!this.mayEdit && (accept || !own())) return false;
    const content = toContent(this.#parts.view().state.doc);
    const delta = decide(content, ids && new Set(ids), accept);
    if (delta.isEmpty) return false;
    this.#parts.perform(delta, accept ? "accept-suggestion" : "reject-suggestion", undefined, true);
    return true;
  }

  goTo(id: string): boolean {
    const found = this.all().find((each) => each.id === id);
    if (found) this.#parts.goTo(found.index);
    return found !== undefined;
  }

  atCaret(): string | null {
    const index = this.#parts.binding().lines.index(this.#parts.view().state.selection.head);
    const around = this.all().filter(({ index: from, length }) => from <= index && index <= from + length);
    return around[0]?.id ?? null;
  }
}
