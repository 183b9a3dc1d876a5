import { render } from "preact";
import { setTheme, theme } from "./components/theme";
import { locale } from "./i18n";
import { loadAccount } from "./pages/account";
import { App } from "./pages/app";
import "./styles/index.css";

setTheme(theme.peek());
document.documentElement.lang = locale;
void loadAccount();
render(<App />, document.getElementById("app")!);
