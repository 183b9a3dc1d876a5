/** What a paste makes of HTML, for a test to call in a real browser. */

export { readHtml } from "../../src/editor/clipboard/html";
