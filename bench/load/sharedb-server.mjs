// ShareDB on PostgreSQL, to be measured beside Octavo: node sharedb-server.mjs PORT URL
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Duplex } from "node:stream";
import pg from "pg";
import richText from "rich-text";
import ShareDB from "sharedb";
import postgres from "sharedb-postgres";
import { WebSocketServer } from "ws";

const [port, url] = process.argv.slice(2);
const structure = createRequire(import.meta.url).resolve("sharedb-postgres/structure.sql");
const setup = new pg.Client({ connectionString: url });
await setup.connect();
await setup.query(readFileSync(structure, "utf8"));
await setup.end();

ShareDB.types.register(richText.type);
const share = new ShareDB({ db: postgres({ connectionString: url, max: 10 }), doNotForwardSendPresenceErrorsToClient: true });
const server = createServer((_, response) => response.end("ok"));
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
  const stream = new Duplex({
    objectMode: true,
    read() {},
    write(message, _, done) {
      if (socket.readyState === 1) socket.send(JSON.stringify(message));
      done();
    },
  });
  socket.on("message", (data) => stream.push(JSON.parse(data)));
  socket.on("close", () => stream.destroy());
  share.listen(stream);
});
server.listen(Number(port), "127.0.0.1");
