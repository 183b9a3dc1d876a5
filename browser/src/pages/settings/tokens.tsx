import { useEffect, useId, useState } from "preact/hooks";
import { Confirm } from "../../components/confirm";
import { CopyField } from "../../components/copy";
import { Field } from "../../components/field";
import { type MessageKey, t, timeAgo, timeExact } from "../../i18n";
import { api } from "../account";
import { Outcome, useOutcome } from "./outcome";

interface Token {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  used_at: string | null;
  expires_at: string | null;
}

/** What a token may do, by what it is called here. */
const MAY = { read: ["read"], suggest: ["read", "suggest"], write: ["read", "write"] } as const;
const DAYS = [30, 90, 365, 0] as const;

const mayOf = ({ scopes }: Token): keyof typeof MAY =>
  scopes.includes("write") ? "write" : scopes.includes("suggest") ? "suggest" : "read";

const dayOf = (timestamp: string) => timeExact(timestamp, "day");

function TokenLine({ token, revoke }: { token: Token; revoke(): void }) {
  const { name, used_at, created_at, expires_at } = token;
  const past = expires_at !== null && Date.parse(expires_at) <= Date.now();
  const times = [
    t("settings.tokenMade", { when: dayOf(created_at) }),
    used_at ? t("settings.tokenUsed", { when: timeAgo(used_at) }) : t("settings.tokenUnused"),
    expires_at
      ? t(past ? "settings.tokenExpired" : "settings.tokenExpires", { when: dayOf(expires_at) })
      : t("settings.tokenForEver"),
  ];
  return (
    <li>
      <div class="settings-item">
        <strong dir="auto">{name}</strong>
        <span class={past ? "tag past" : "tag"}>
          {past ? t("settings.tokenPast") : t(`settings.may.${mayOf(token)}` as MessageKey)}
        </span>
        <small class="quiet">{times.join(" · ")}</small>
      </div>
      <Confirm
        label={t("settings.tokenRevokeOf", { name })}
        question={t("settings.tokenRevokeAsk")}
        run={revoke}
      >
        {t("settings.tokenRevoke")}
      </Confirm>
    </li>
  );
}

interface NewTokenProps {
  make(body: { name: string; scopes: readonly string[]; expires_in_days: number | null }): Promise<boolean>;
  busy: boolean;
}

function NewToken({ make, busy }: NewTokenProps) {
  const id = useId();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const done = await make({
      name: String(data.get("name")).trim(),
      scopes: MAY[data.get("may") as keyof typeof MAY],
      expires_in_days: Number(data.get("days")) || null,
    });
    if (done) form.reset();
  };
  return (
    <form class="settings-form" onSubmit={(event) => void submit(event)}>
      <h2>{t("settings.tokenNew")}</h2>
      <Field
        name="name"
        label={t("settings.tokenName")}
        type="text"
        autocomplete="off"
        maxLength={100}
        hint={t("settings.tokenNameHint")}
      />
      <fieldset class="settings-choice">
        <legend>{t("settings.tokenMay")}</legend>
        {(Object.keys(MAY) as Array<keyof typeof MAY>).map((may) => (
          <label key={may}>
            <input type="radio" name="may" value={may} defaultChecked={may === "read"} />
            {t(`settings.may.${may}`)}
          </label>
        ))}
      </fieldset>
      <div class="field">
        <label for={id}>{t("settings.tokenDays")}</label>
        <select id={id} class="input" name="days">
          {DAYS.map((days) => (
            <option key={days} value={days} selected={days === 90}>
              {days ? t("settings.days", { count: days }) : t("settings.never")}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" class="button primary" disabled={busy}>
        {t("settings.tokenMake")}
      </button>
    </form>
  );
}

/** Personal API tokens: for one's own programs, each shown once. */
export function Tokens() {
  const [tokens, setTokens] = useState<Token[] | null>(null);
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const outcome = useOutcome();
  const load = async () =>
    setTokens((await api.request<{ tokens: Token[] }>("GET", "/users/me/tokens")).tokens);
  useEffect(() => void outcome.act(load, ""), []);
  const make: NewTokenProps["make"] = (body) =>
    outcome.act(async () => {
      setMade(await api.request<Token & { token: string }>("POST", "/users/me/tokens", body));
      await load();
    }, "");
  const revoke = (token: Token) =>
    outcome.act(
      async () => {
        await api.request("DELETE", `/users/me/tokens/${encodeURIComponent(token.id)}`);
        setMade(null);
        await load();
      },
      t("settings.tokenRevoked", { name: token.name }),
    );
  return (
    <>
      <p class="quiet">{t("settings.tokensHint")}</p>
      {made && (
        <div class="settings-once" role="status">
          <CopyField label={t("settings.tokenOnce", { name: made.name })} value={made.token} />
        </div>
      )}
      <Outcome {...outcome} />
      {tokens?.length === 0 && <p class="quiet">{t("settings.tokensNone")}</p>}
      {tokens && tokens.length > 0 && (
        <ul class="settings-list" aria-label={t("settings.tokens")}>
          {tokens.map((token) => (
            <TokenLine key={token.id} token={token} revoke={() => void revoke(token)} />
          ))}
        </ul>
      )}
      <NewToken make={make} busy={outcome.busy} />
    </>
  );
}
