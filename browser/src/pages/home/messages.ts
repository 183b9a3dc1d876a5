/** Imported by whatever stands on the home page, so that its words are there. */
import { addMessages } from "../../i18n";
import messages from "../../i18n/en/home.json";

addMessages(messages);
