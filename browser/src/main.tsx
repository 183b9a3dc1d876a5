import { render } from "preact";
import { language, loadLanguage } from "./i18n";
import { loadAccount } from "./pages/account";
import { App } from "./pages/app";
import "./styles/index.css";

document.documentElement.lang = language;
void loadAccount();
void loadLanguage().then(() => render(<App />, document.getElementById("app")!));
