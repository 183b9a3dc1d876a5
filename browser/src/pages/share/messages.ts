/** Imported by whatever speaks of sharing, so that its words are there. */
import { addMessages } from "../../i18n";
import messages from "../../i18n/en/share.json";

addMessages(messages);
