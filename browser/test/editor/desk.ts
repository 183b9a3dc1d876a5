import { AllSelection, EditorState, NodeSelection, TextSelection } from "prosemirror-state";
import { Delta, type DeltaBuilder, type Op } from "../../src/core/delta";
import { Binding } from "../../src/editor/binding";
import { Borders } from "../../src/editor/borders";
import { Selected, typingMark } from "../../src/editor/commands";
import { Linking } from "../../src/editor/linking";
import { Markdown } from "../../src/editor/markdown";
import { Numbering } from "../../src/editor/numbering";
import { toContent, toDocument } from "../../src/editor/schema";
import { toolbarCommands } from "../../src/editor/toolbar";
import type { Access, Commands, HistoryName } from "../../src/editor/types";
import { Undo } from "../../src/editor/undo";

/** The commands, keys and undo on a state without a view. */
export class Desk {
  state: EditorState;
  binding: Binding;
  editable = true;
  now = 0;
  readonly typing: [string, unknown][] = [];
  readonly performed: string[] = [];
  readonly history = new Undo();
  readonly selected: Selected;
  readonly linking: Linking;
  readonly borders: Borders;
  readonly markdown: Markdown;
  readonly commands: Commands;

  constructor(...ops: Op[]) {
    const doc = toDocument(Delta.from(ops));
    this.state = EditorState.create({ doc });
    this.binding = new Binding(doc);
    this.selected = new Selected({
      state: () => this.state,
      lines: () => this.binding.lines,
      canEdit: () => this.editable,
      apply: (delta, name, caret) => void this.#apply(delta, name, caret),
      setTyping: (name, value) => {
        this.typing.push([name, value]);
        const mark = typingMark(name, value);
        const { tr } = this.state;
        this.state = this.state.apply(
          value === null ? tr.removeStoredMark(mark.type) : tr.addStoredMark(mark),
        );
      },
    });
    this.linking = new Linking(this.selected);
    this.borders = new Borders(this.selected);
    this.markdown = new Markdown(this.selected, this.linking, this.borders);
    this.commands = toolbarCommands({
      selected: this.selected,
      linking: this.linking,
      numbering: new Numbering(this.selected),
      history: this.history,
      step: (direction) => this.history[direction]((delta) => this.#apply(delta, null)),
      selectAll: () => this.selectAll(),
      reason: (): Access["reason"] => (this.editable ? null : "role"),
      perform: (id) => this.performed.push(id) > 0,
      focus: () => {},
    });
  }

  #apply(delta: Delta, name: HistoryName | null, caret?: number): Delta {
    const { doc, tr } = this.state;
    const inverse = delta.invert({ slice: (start, end) => this.binding.slice(doc, start, end) });
    this.binding.write(tr, delta);
    if (caret !== undefined) {
      tr.setSelection(TextSelection.create(tr.doc, this.binding.lines.position(caret)));
    }
    this.state = this.state.apply(tr);
    this.history.pause();
    if (name) this.history.record(delta, inverse, { now: this.now, name });
    if (name) this.history.pause();
    return inverse;
  }

  /** Text as typed, a character at a time, in one go for undo; "\n" is Enter. */
  type(text: string): this {
    for (const character of text) {
      if (character === "\n") {
        this.markdown.newLine();
        continue;
      }
      const tr = this.state.tr.insertText(character);
      const { delta, inverse } = this.binding.read(tr);
      this.state = this.state.apply(tr);
      this.history.record(delta, inverse, { now: this.now });
      this.markdown.typed(character);
    }
    return this;
  }

  /** What someone else did. */
  remote(change: DeltaBuilder): Delta {
    const delta = change.build();
    this.history.follow(delta);
    this.state = this.state.apply(this.binding.write(this.state.tr, delta));
    return delta;
  }

  select(from: number, to = from): this {
    const { lines } = this.binding;
    const selection = TextSelection.create(this.state.doc, lines.position(from), lines.position(to));
    this.state = this.state.apply(this.state.tr.setSelection(selection));
    return this;
  }

  selectNode(index: number): this {
    const selection = NodeSelection.create(this.state.doc, this.binding.lines.position(index));
    this.state = this.state.apply(this.state.tr.setSelection(selection));
    return this;
  }

  selectAll(): this {
    this.state = this.state.apply(this.state.tr.setSelection(new AllSelection(this.state.doc)));
    return this;
  }

  get ops(): readonly Op[] {
    return toContent(this.state.doc).ops;
  }

  /** The text, lines parted by "\n", embeds as "￼". */
  get text(): string {
    return this.ops.map((op) => ("insert" in op && typeof op.insert === "string" ? op.insert : "￼")).join("");
  }

  /** Each line's attributes. */
  get lineFormats(): unknown[] {
    return this.state.doc.children.map((line) => line.attrs.attributes);
  }

  get caret(): number {
    return this.binding.lines.index(this.state.selection.head);
  }
}
