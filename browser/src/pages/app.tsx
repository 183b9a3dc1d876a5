import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Notices } from "../components/notice";
import { t } from "../i18n";
import { account, accountError, asApiError, askToSignIn, destination, loadAccount } from "./account";
import { Home } from "./home";
import { Problem } from "./problem";
import { navigate, path } from "./router";
import { SignIn } from "./sign-in";

type EditorPage = ComponentType<{ documentId: string }>;

const editorPage: Signal<EditorPage | null> = signal(null);
const editorFailed = signal(false);

/** The editor is a chunk of its own, fetched when the first document is opened. */
async function loadEditor(): Promise<void> {
  editorFailed.value = false;
  try {
    editorPage.value = (await import("./editor/page")).EditorPage;
  } catch (error) {
    console.error(asApiError(error).message);
    editorFailed.value = true;
  }
}

function Editor({ documentId }: { documentId: string }) {
  useEffect(() => void (editorPage.peek() ?? loadEditor()), []);
  if (editorFailed.value) return <Problem kind="unreachable" retry={() => location.reload()} />;
  const Page = editorPage.value;
  return Page ? <Page key={documentId} documentId={documentId} /> : <Loading />;
}

function Loading() {
  return (
    <main class="centred" id="content">
      <p class="quiet late">{t("app.loading")}</p>
    </main>
  );
}

/** Goes elsewhere once shown; a component, because rendering must not navigate. */
function Redirect({ to }: { to: () => void }) {
  useEffect(to, []);
  return <Loading />;
}

function Page() {
  const here = path.value;
  if (accountError.value) return <Problem kind="unreachable" retry={() => void loadAccount()} />;
  const user = account.value;
  if (user === undefined) return <Loading />;
  if (here === "/login" || here === "/register") {
    if (user) return <Redirect to={() => navigate(destination(), true)} />;
    return <SignIn key={here} register={here === "/register"} />;
  }
  const documentId = /^\/d\/([\w-]+)\/?$/.exec(here)?.[1];
  if (here !== "/" && here !== "/trash" && !documentId) return <Problem kind="page" />;
  if (!user) return <Redirect to={askToSignIn} />;
  if (documentId) return <Editor documentId={documentId} />;
  return <Home key={here} trash={here === "/trash"} />;
}

export function App() {
  return (
    <>
      <a class="skip" href="#content">
        {t("app.skip")}
      </a>
      <Page />
      <Notices />
    </>
  );
}
