import { render } from "preact";

render(<h1>Octavo</h1>, document.getElementById("app")!);
