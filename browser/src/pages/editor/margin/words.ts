/** Imported by each part of the margin, so that its words are there. */
import { addMessages } from "../../../i18n";
import messages from "../../../i18n/en/margin.json";

addMessages(messages);
