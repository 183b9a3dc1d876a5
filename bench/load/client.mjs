// Clients for load: `Whole` keeps the document and transforms, `Light` decodes revision and client_id only.
// Both keep one operation in flight and compose the rest, as docs/protocol.md rule 4 has it.
import { randomBytes } from "node:crypto";
import DeltaModule from "quill-delta";
import WebSocket from "ws";
import { Text } from "./text.mjs";

const Delta = DeltaModule.default ?? DeltaModule;

/** When each edit of an operation was made, by "client_id/seq", for whoever sees it arrive. */
export const made = new Map();

export class Light {
  /** `onLatency(ms)` for each edit of another that arrives; `index` is where this author's caret stands. */
  constructor({ url, clientId, epoch, revision, index, onLatency }) {
    Object.assign(this, { url, epoch, revision, index, onLatency });
    this.clientId = clientId ?? randomBytes(16).toString("hex");
    this.seq = 0;
    this.inFlight = 0; // the seq in flight, 0: none
    this.edits = 0; // edits made
    this.operations = 0;
    this.received = 0; // changes
    this.bytes = 0;
    this.errors = [];
    this.waiting = ""; // typed and not sent
    this.times = [];
    this.mine = `"client_id":"${this.clientId}"`;
  }

  open() {
    const socket = new WebSocket(this.url, "octavo.v1", { perMessageDeflate: false, skipUTF8Validation: true });
    this.socket = socket;
    socket.on("error", (error) => this.errors.push(String(error)));
    socket.on("close", (code) => {
      this.closed = code;
    });
    return new Promise((resolve, reject) => {
      this.welcomed = resolve;
      socket.on("open", () => {
        const hello = { type: "hello", client_id: this.clientId, epoch: this.epoch, revision: this.revision };
        socket.send(JSON.stringify(hello));
      });
      socket.on("message", (data) => this.message(data));
      socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
    });
  }

  message(data) {
    this.bytes += data.length;
    // 20 bytes tell `changes` from everything else.
    if (data.toString("latin1", 9, 16) === "changes") return this.changes(data);
    const message = JSON.parse(data);
    if (message.type === "welcome") this.welcome(message);
    else if (message.type === "error") this.refused(message);
  }

  refused(message) {
    if (message.retry_after_ms !== undefined && message.seq === this.inFlight) {
      this.refusals = (this.refusals ?? 0) + 1;
      setTimeout(() => this.socket.send(this.sent), message.retry_after_ms);
    } else this.errors.push(JSON.stringify(message));
  }

  welcome(message) {
    this.revision = message.revision;
    this.welcomed();
  }

  changes(data) {
    const text = data.toString("latin1");
    let at = 0;
    let found;
    while ((found = text.indexOf('"revision":', at)) >= 0) {
      at = found + 11;
      const revision = Number.parseInt(text.slice(at, at + 12), 10);
      if (revision !== this.revision + 1) this.errors.push(`gap: ${this.revision} -> ${revision}`);
      this.revision = revision;
      this.received += 1;
      const author = text.indexOf('"client_id":"', at);
      if (this.inFlight && text.startsWith(this.mine, author)) this.acknowledged();
    }
  }

  acknowledged() {
    this.inFlight = 0;
    this.sent = null;
    if (this.waiting) this.flush();
  }

  /** 1-3 characters at the caret. */
  edit() {
    this.edits += 1;
    this.waiting += "abc".slice(0, 1 + (this.edits % 3));
    this.times.push(performance.now());
    if (!this.inFlight) this.flush();
  }

  flush() {
    this.send([{ retain: this.index }, { insert: this.waiting }]);
    this.waiting = "";
  }

  send(ops) {
    this.seq += 1;
    this.operations += 1;
    this.inFlight = this.seq;
    made.set(`${this.clientId}/${this.seq}`, this.times);
    this.times = [];
    this.sent = JSON.stringify({ type: "operation", seq: this.seq, base_revision: this.revision, ops });
    this.socket.send(this.sent);
  }

  get synchronized() {
    return !this.inFlight && !this.waiting;
  }

  close() {
    this.socket.terminate();
  }
}

export class Whole extends Light {
  constructor(options) {
    super(options);
    this.text = new Text(options.text);
    this.buffer = null;
    this.flying = null; // the delta in flight, moved along
  }

  changes(data) {
    const now = performance.now();
    for (const change of JSON.parse(data).changes) {
      if (change.revision !== this.revision + 1) this.errors.push(`gap: ${this.revision} -> ${change.revision}`);
      this.revision = change.revision;
      this.received += 1;
      if (change.client_id === this.clientId && change.seq === this.inFlight) {
        this.flying = null;
        this.inFlight = 0;
        continue;
      }
      this.another(change, now);
    }
    if (!this.inFlight && this.buffer) this.flush();
  }

  another(change, now) {
    const times = made.get(`${change.client_id}/${change.seq}`);
    let remote = new Delta(change.ops);
    if (this.flying) {
      const mine = this.flying;
      this.flying = remote.transform(mine, true);
      remote = mine.transform(remote, false);
    }
    if (this.buffer) {
      const mine = this.buffer;
      this.buffer = remote.transform(mine, true);
      remote = mine.transform(remote, false);
    }
    this.text.apply(remote.ops);
    this.index = remote.transformPosition(this.index, false);
    if (times) for (const time of times) this.onLatency(now - time);
  }

  edit() {
    this.edits += 1;
    const typed = "xyz".slice(0, 1 + (this.edits % 3));
    const erase = this.edits % 10 === 9 && this.index > 0;
    const delta = erase
      ? new Delta().retain(this.index - 1).delete(1)
      : new Delta().retain(this.index).insert(typed);
    this.text.apply(delta.ops);
    this.index += erase ? -1 : typed.length;
    this.buffer = this.buffer ? this.buffer.compose(delta) : delta;
    this.times.push(performance.now());
    if (!this.inFlight) this.flush();
  }

  flush() {
    this.flying = this.buffer;
    this.buffer = null;
    this.send(this.flying.ops);
  }

  get synchronized() {
    return !this.inFlight && !this.buffer;
  }
}
