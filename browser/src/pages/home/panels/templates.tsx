import { useEffect, useRef, useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog";
import { DOWN, walk } from "../../../components/walk";
import type { Op } from "../../../core/delta";
import { type MessageKey, t } from "../../../i18n";
import { api, asApiError } from "../../account";
import { shownTitle } from "../../documents";
import { Preview } from "../preview";
import type { Home } from "../state";
import { reasonOf } from "../told";

interface Template {
  id: string;
  title: string;
  description: string;
  own: boolean;
  preview: { ops: Op[] } | null;
}

/** Those that come with Octavo are named in the reader's language where it knows them. */
function named(template: Template): { title: string; hint: string } {
  const title = `template.${template.id}` as MessageKey;
  const hint = `template.${template.id}.hint` as MessageKey;
  if (template.own || t(title) === title) return { title: shownTitle(template), hint: template.description };
  return { title: t(title), hint: t(hint) };
}

interface CardProps {
  home: Home;
  template: Template;
  close(): void;
}

function Card({ home, template, close }: CardProps) {
  const { title, hint } = named(template);
  return (
    <li>
      <button
        type="button"
        class="template"
        onClick={() => {
          close();
          void home.acts.create({ template_id: template.id, title });
        }}
      >
        <Preview ops={template.preview?.ops} />
        <strong dir="auto">{title}</strong>
        {hint && <span class="quiet">{hint}</span>}
      </button>
    </li>
  );
}

function Shelf({ title, ...rest }: { title: string; templates: Template[]; home: Home; close(): void }) {
  const { templates, home, close } = rest;
  return (
    <section class="stack">
      <h3>{title}</h3>
      <ul class="templates">
        {templates.map((template) => (
          <Card key={template.id} home={home} template={template} close={close} />
        ))}
      </ul>
    </section>
  );
}

/** What a new document may begin with. */
export function Templates({ home, close }: { home: Home; close(): void }) {
  const box = useRef<HTMLDivElement>(null);
  const [templates, setTemplates] = useState<Template[] | null>(null);
  const [failure, setFailure] = useState("");
  const load = () => {
    setFailure("");
    api.request<{ templates: Template[] }>("GET", "/templates").then(
      (answer) => setTemplates(answer.templates),
      (error) => setFailure(reasonOf(asApiError(error))),
    );
  };
  useEffect(load, []);
  const cards = () => [...(box.current?.querySelectorAll("button") ?? [])];
  useEffect(() => {
    if (templates) cards()[0]?.focus();
  }, [templates]);
  const own = templates?.filter((template) => template.own) ?? [];
  const shipped = templates?.filter((template) => !template.own) ?? [];
  return (
    <Dialog title={t("home.fromTemplate")} onClose={close} kind="wide">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: only walks among the buttons in it */}
      <div
        ref={box}
        class="stack gallery"
        onKeyDown={(event) => {
          const turned = { ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp" }[event.key] ?? event.key;
          if (walk(cards(), turned, DOWN)) event.preventDefault();
        }}
      >
        {failure && (
          <p class="failure" role="alert">
            {failure}{" "}
            <button type="button" class="button link-like" onClick={load}>
              {t("problem.retry")}
            </button>
          </p>
        )}
        {!templates && !failure && <p class="quiet late">{t("app.loading")}</p>}
        {own.length > 0 && <Shelf title={t("home.templatesOwn")} templates={own} home={home} close={close} />}
        {shipped.length > 0 && (
          <Shelf title={t("home.templatesShipped")} templates={shipped} home={home} close={close} />
        )}
        {templates && own.length === 0 && <p class="quiet">{t("home.templatesHint")}</p>}
      </div>
    </Dialog>
  );
}
