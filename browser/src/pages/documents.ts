import { t } from "../i18n";

/** The title as people see it: a document without one still needs something to be called by. */
export const shownTitle = (document: { title: string }) => document.title || t("app.untitled");
