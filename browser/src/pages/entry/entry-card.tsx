import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Mark } from "../../components/mark";
import { t } from "../../i18n";
import "../../styles/entry.css";

interface EntryCardProps {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}

/** The card in the middle that every way in has. */
export function EntryCard({ title, lead, children }: EntryCardProps) {
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  return (
    <main class="centred" id="content">
      <div class="card sign-in">
        <div class="brand">
          <Mark size={36} />
          <span>{t("app.name")}</span>
        </div>
        <h1 dir="auto">{title}</h1>
        {lead && <p class="quiet">{lead}</p>}
        {children}
      </div>
    </main>
  );
}
