import type { Op } from "../../../src/core/delta.ts";
import type { Person } from "./people.ts";

const NOTES: Op[] = [
  { insert: "A house for many hands" },
  { insert: "\n", attributes: { header: 1 } },
  { insert: "An " },
  { insert: "octavo", attributes: { italic: true } },
  { insert: " is a sheet folded three times: eight leaves from one.\nWhat we agreed" },
  { insert: "\n", attributes: { header: 2 } },
  { insert: "Every change is numbered" },
  { insert: "\n", attributes: { list: "bullet" } },
  { insert: "Choose the paper" },
  { insert: "\n", attributes: { list: "unchecked" } },
];

export interface Shelf {
  folders: { work: string; spring: string };
  documents: Record<"octavo" | "minutes" | "long" | "budget" | "gone", string>;
}

/** A desk as somebody has it after a while: folders in folders, tags, stars, something in the trash, something shared. */
export async function fillShelf(person: Person, friend: Person): Promise<Shelf> {
  const folder = async (name: string, parent_id: string | null) =>
    (await person.request<{ id: string }>("POST", "/folders", { name, parent_id })).id;
  const document = async (title: string, ops: Op[], about: object = {}) => {
    const made = await person.request<{ id: string }>("POST", "/documents", { title, content: { ops } });
    if (Object.keys(about).length > 0) await person.request("PATCH", `/documents/${made.id}`, about);
    return made.id;
  };
  const work = await folder("Work", null);
  const spring = await folder("Spring list", work);
  await folder("Home", null);
  const octavo = await document("The octavo of spring", NOTES, {
    folder_id: spring,
    tags: ["print", "spring"],
    starred: true,
  });
  const minutes = await document(
    "Minutes of the third meeting",
    [{ insert: "Present: Ada, Grace.\nThe printer wants the final proofs by Monday.\n" }],
    { folder_id: work, tags: ["minutes"] },
  );
  const long = await document(
    "A rather long title, so that one sees what a list does with it when there is little room",
    [{ insert: "Short.\n" }],
  );
  const budget = await document("Budget", [{ insert: "Paper\nInk\nThread\n" }], { tags: ["print"] });
  const gone = await document("Thrown away", [{ insert: "Not needed.\n" }]);
  await person.request("DELETE", `/documents/${gone}`);
  const shared = await friend.request<{ id: string }>("POST", "/documents", {
    title: "From Grace",
    content: { ops: [{ insert: "Notes on a compiler\n" }] },
  });
  await friend.request("PUT", `/documents/${shared.id}/permissions`, { email: person.email, role: "editor" });
  return { folders: { work, spring }, documents: { octavo, minutes, long, budget, gone } };
}
