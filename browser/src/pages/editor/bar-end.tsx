import type { ComponentChildren } from "preact";
import { AccountMenu } from "../../components/account-menu";
import { account } from "../account";
import { People } from "./people";
import { ShareButton } from "./share-button";
import "./tool-words";
import type { Workspace } from "./workspace";

/** Who is here, who has access, and who one is; between them what the page puts there. */
export default function BarEnd({
  workspace,
  children,
}: {
  workspace: Workspace;
  children: ComponentChildren;
}) {
  return (
    <>
      <People workspace={workspace} />
      <ShareButton workspace={workspace} />
      {children}
      {account.value && <AccountMenu account={account.value} />}
    </>
  );
}
