/** What a paste makes of HTML, for a test to call in a real browser. */

export { Delta } from "../../src/core/delta";
export { copied } from "../../src/editor/clipboard/copy";
export { readHtml } from "../../src/editor/clipboard/html";
