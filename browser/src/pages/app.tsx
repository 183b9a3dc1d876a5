import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Notices } from "../components/notice";
import { t } from "../i18n";
import { account, accountError, asApiError, askToSignIn, destination, loadAccount } from "./account";
import { Problem } from "./problem";
import { navigate, path } from "./router";
import { ShareHost } from "./share";

/** The pages: chunks of their own, fetched when first needed. */
const chunks = {
  home: async () => (await import("./home")).Home,
  entry: () => import("./entry"),
  settings: async () => (await import("./settings")).SettingsPage,
  editor: async () => (await import("./editor/page")).EditorPage,
};
/** The addresses of the home page: sections, and folders. */
const HOME = /^\/(?:(?:recent|owned|shared|starred|trash|folders(?:\/[\w-]+)?)\/?)?$/;

type ChunkName = keyof typeof chunks;
type PageOf<Name extends ChunkName> = Awaited<ReturnType<(typeof chunks)[Name]>>;

const loaded = signal<{ [Name in ChunkName]?: PageOf<Name> }>({});
const loadFailed = signal(false);

async function load(name: ChunkName): Promise<void> {
  loadFailed.value = false;
  try {
    const page = await chunks[name]();
    loaded.value = { ...loaded.peek(), [name]: page };
  } catch (error) {
    console.error(asApiError(error).message);
    loadFailed.value = true;
  }
}

function Fetch({ name }: { name: ChunkName }) {
  useEffect(() => void load(name), [name]);
  // A module that failed once fails for good in this page, so trying again means loading the page.
  if (loadFailed.value) return <Problem kind="unreachable" retry={() => location.reload()} />;
  return <Loading />;
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
  const { entry: Entry, home: Home, editor: Editor, settings: Settings } = loaded.value;
  const known = user !== null && !user.guest;
  if (here === "/login" || here === "/register") {
    if (known) return <Redirect to={() => void navigate(destination(), true)} />;
    if (!Entry) return <Fetch key="entry" name="entry" />;
    return <Entry.SignIn key={here} register={here === "/register"} />;
  }
  const [, documentId] = /^\/d\/([\w-]+)\/?$/.exec(here) ?? [];
  const [, invitation] = /^\/invitations\/([\w-]+)\/?$/.exec(here) ?? [];
  const [inSettings, part = "profile"] = /^\/settings(?:\/(\w+))?\/?$/.exec(here) ?? [];
  if (!HOME.test(here) && !documentId && !invitation && !inSettings) return <Problem kind="page" />;
  if (invitation || (documentId && !user)) {
    if (!Entry) return <Fetch key="entry" name="entry" />;
    if (invitation) return <Entry.InvitationPage key={invitation} token={invitation} />;
    return <Entry.GuestPage key={documentId} documentId={documentId!} />;
  }
  if (documentId) {
    return Editor ? (
      <Editor key={documentId} documentId={documentId} />
    ) : (
      <Fetch key="editor" name="editor" />
    );
  }
  if (inSettings && user) {
    return Settings ? <Settings part={part} /> : <Fetch key="settings" name="settings" />;
  }
  // A guest has the documents that were entered, and nothing else.
  if (!known) return <Redirect to={askToSignIn} />;
  return Home ? <Home key="home" /> : <Fetch key="home" name="home" />;
}

export function App() {
  return (
    <>
      <a class="skip" href="#content">
        {t("app.skip")}
      </a>
      <Page />
      <ShareHost />
      <Notices />
    </>
  );
}
