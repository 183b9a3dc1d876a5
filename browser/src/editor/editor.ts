/** Opens a document in an element: view, machine, socket, undo and cursors put together.  See `types.ts`. */

import type { Editor, EditorOptions } from "./types";

export type * from "./types";

export declare function openEditor(options: EditorOptions): Promise<Editor>;
