// A long plain text in pieces, so that an edit does not copy all of it.
const PIECE = 2048;

export class Text {
  constructor(text = "\n") {
    this.pieces = [];
    for (let at = 0; at < text.length; at += PIECE) this.pieces.push(text.slice(at, at + PIECE));
  }

  /** Applies delta ops of plain text; indexes in UTF-16 units. */
  apply(ops) {
    let piece = 0;
    let offset = 0;
    const forward = (length) => {
      let left = length;
      while (left > 0 && piece < this.pieces.length) {
        const room = this.pieces[piece].length - offset;
        if (left < room) {
          offset += left;
          return;
        }
        left -= room;
        piece += 1;
        offset = 0;
      }
      if (left > 0) throw new Error("an edit reaches past the end");
    };
    for (const op of ops) {
      if (op.retain) forward(op.retain);
      else if (op.delete) this.#remove(piece, offset, op.delete);
      else {
        this.#insert(piece, offset, op.insert);
        forward(op.insert.length);
      }
    }
  }

  #insert(piece, offset, text) {
    const old = this.pieces[piece] ?? "";
    const whole = old.slice(0, offset) + text + old.slice(offset);
    if (whole.length <= 2 * PIECE) this.pieces[piece] = whole;
    else this.pieces.splice(piece, 1, ...new Text(whole).pieces);
  }

  #remove(piece, offset, length) {
    let left = length;
    let at = piece;
    let from = offset;
    while (left > 0) {
      const old = this.pieces[at];
      if (old === undefined) throw new Error("a delete reaches past the end");
      const gone = Math.min(left, old.length - from);
      this.pieces[at] = old.slice(0, from) + old.slice(from + gone);
      left -= gone;
      at += 1;
      from = 0;
    }
  }

  toString() {
    return this.pieces.join("");
  }
}
