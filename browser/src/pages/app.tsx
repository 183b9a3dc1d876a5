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
  signIn: async () => (await import("./entry/sign-in")).SignIn,
  editor: async () => (await import("./editor/page")).EditorPage,
};
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
  if (here === "/login" || here === "/register") {
    if (user) return <Redirect to={() => void navigate(destination(), true)} />;
    const { signIn: SignIn } = loaded.value;
    return SignIn ? (
      <SignIn key={here} register={here === "/register"} />
    ) : (
      <Fetch key="signIn" name="signIn" />
    );
  }
  const documentId = /^\/d\/([\w-]+)\/?$/.exec(here)?.[1];
  if (here !== "/" && here !== "/trash" && !documentId) return <Problem kind="page" />;
  if (!user) return <Redirect to={askToSignIn} />;
  const { home: Home, editor: Editor } = loaded.value;
  if (documentId) {
    return Editor ? (
      <Editor key={documentId} documentId={documentId} />
    ) : (
      <Fetch key="editor" name="editor" />
    );
  }
  return Home ? <Home key={here} trash={here === "/trash"} /> : <Fetch key="home" name="home" />;
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
