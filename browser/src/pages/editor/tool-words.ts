/** Imported by each part that comes after the text: what only they say is not waited for. */
import { addMessages } from "../../i18n";
import messages from "../../i18n/en/tools.json";

addMessages(messages);
