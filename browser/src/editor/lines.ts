/**
 * Where each line of a document begins, without walking all lines: lengths in blocks, each with its sum.
 *
 * A document of n lines costs about n/128 + 128 steps per question and per change.  Lengths are a line's units with
 * its newline.  In ProseMirror's counting a line has one token more than in a delta's (its opening), so that position
 * and index differ by the number of lines begun.
 */

const BLOCK = 128;

interface Block {
  lengths: number[];
  sum: number;
}

export interface Place {
  /** Number of the line, from 0; the count of lines when past the end. */
  line: number;
  /** Units from the line's beginning. */
  offset: number;
}

export class Lines {
  #blocks: Block[] = [];
  #count = 0;
  #length = 0;

  constructor(lengths: readonly number[] = []) {
    this.#fill(0, lengths);
  }

  get count(): number {
    return this.#count;
  }

  /** Units of the whole document. */
  get length(): number {
    return this.#length;
  }

  lengthOf(line: number): number {
    const [at, within] = this.#locate(line);
    return this.#blocks[at]?.lengths[within] ?? 0;
  }

  /** The index at which a line begins; for the count of lines, the document's length. */
  start(line: number): number {
    const [at, within] = this.#locate(line);
    let index = 0;
    for (let block = 0; block < at; block += 1) index += (this.#blocks[block] as Block).sum;
    const lengths = this.#blocks[at]?.lengths ?? [];
    for (let i = 0; i < within; i += 1) index += lengths[i] as number;
    return index;
  }

  /** The line that has the unit at `index`. */
  place(index: number): Place {
    return this.#find(index, 0);
  }

  /** The line that a ProseMirror position is in, and the tokens from its beginning: 0 is in front of the line. */
  tokenPlace(position: number): Place {
    return this.#find(position, 1);
  }

  /** ProseMirror's position in front of the unit at `index`, inside its line. */
  position(index: number): number {
    const { line } = this.place(index);
    return index + line + (line < this.#count ? 1 : 0);
  }

  /** The index that a ProseMirror position stands for; between two lines, the beginning of the second. */
  index(position: number): number {
    const { line, offset } = this.tokenPlace(position);
    return position - line - (offset > 0 ? 1 : 0);
  }

  /** Puts `lengths` in place of `removed` lines from `line` on. */
  splice(line: number, removed: number, lengths: readonly number[]): void {
    const [at, within] = this.#locate(line);
    const block = this.#blocks[at];
    if (block && within + removed <= block.lengths.length && lengths.length <= BLOCK) {
      this.#spliceBlock(at, block, within, removed, lengths);
      return;
    }
    const head = block ? block.lengths.slice(0, within) : [];
    const [lastAt, lastWithin] = this.#locate(line + removed);
    const tail = this.#blocks[lastAt]?.lengths.slice(lastWithin) ?? [];
    for (const gone of this.#blocks.splice(at, lastAt - at + 1)) {
      this.#count -= gone.lengths.length;
      this.#length -= gone.sum;
    }
    this.#fill(at, [...head, ...lengths, ...tail]);
  }

  #spliceBlock(at: number, block: Block, within: number, removed: number, lengths: readonly number[]): void {
    const gone = block.lengths.splice(within, removed, ...lengths);
    const change = sum(lengths) - sum(gone);
    block.sum += change;
    this.#length += change;
    this.#count += lengths.length - removed;
    if (block.lengths.length === 0) this.#blocks.splice(at, 1);
    else if (block.lengths.length > 2 * BLOCK) this.#halve(at, block);
  }

  #halve(at: number, block: Block): void {
    const second = block.lengths.splice(BLOCK);
    block.sum = sum(block.lengths);
    this.#blocks.splice(at + 1, 0, { lengths: second, sum: sum(second) });
  }

  #fill(at: number, lengths: readonly number[]): void {
    const blocks: Block[] = [];
    for (let i = 0; i < lengths.length; i += BLOCK) {
      const part = lengths.slice(i, i + BLOCK);
      blocks.push({ lengths: part, sum: sum(part) });
    }
    this.#blocks = [...this.#blocks.slice(0, at), ...blocks, ...this.#blocks.slice(at)];
    this.#count += lengths.length;
    this.#length += sum(lengths);
  }

  /** [number of the block, place within it] of a line. */
  #locate(line: number): [number, number] {
    let left = line;
    for (const [at, block] of this.#blocks.entries()) {
      if (left < block.lengths.length) return [at, left];
      left -= block.lengths.length;
    }
    return [this.#blocks.length, 0];
  }

  /** The line at a distance, each line counting `extra` more than its length. */
  #find(distance: number, extra: number): Place {
    let left = distance;
    let line = 0;
    for (const block of this.#blocks) {
      const size = block.sum + extra * block.lengths.length;
      if (left >= size) {
        left -= size;
        line += block.lengths.length;
        continue;
      }
      for (const length of block.lengths) {
        if (left < length + extra) return { line, offset: left };
        left -= length + extra;
        line += 1;
      }
    }
    return { line, offset: left };
  }
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
