/** Comments as the server has them (docs/protocol.md §4). */

import type { User } from "../../../core/protocol";
import type { StatedAnchor } from "../../../editor/editor";

export interface Reaction {
  emoji: string;
  users: User[];
}

export interface Remark {
  id: string;
  /** Null once the account is erased. */
  user: User | null;
  text: string;
  mentions: User[];
  created_at: string;
  edited_at: string | null;
  reactions: Reaction[];
}

export interface Thread extends Remark {
  anchor: StatedAnchor;
  quote: string;
  resolved: boolean;
  resolved_at: string | null;
  resolved_by: User | null;
  replies: Remark[];
}
