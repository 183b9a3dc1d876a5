import { useEffect, useState } from "preact/hooks";
import { Confirm } from "../../components/confirm";
import { Field } from "../../components/field";
import { t, timeAgo, timeExact } from "../../i18n";
import { account, api, asApiError, askToSignIn, signOut } from "../account";
import { useRefusal } from "../entry/failure";
import { Outcome, useOutcome } from "./outcome";

interface Login {
  id: string;
  device: string;
  created_at: string;
  seen_at: string;
  current: boolean;
}

function PasswordForm({ changed }: { changed(): void }) {
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const refusal = useRefusal();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    setBusy(true);
    setDone(false);
    refusal.clear();
    try {
      const body = { current_password: data.get("current"), password: data.get("password") };
      await api.request("POST", "/users/me/password", body);
      form.reset();
      setDone(true);
      changed();
    } catch (error) {
      const problem = asApiError(error);
      if (problem.status === 401) askToSignIn();
      else refusal.refused(problem.status === 403 ? new Error(t("settings.passwordWrong")) : problem);
    }
    setBusy(false);
  };
  return (
    <section class="stack" aria-label={t("settings.password")}>
      <h2>{t("settings.password")}</h2>
      <form class="settings-form" onSubmit={(event) => void submit(event)}>
        {/* Password managers want to know whose it is. */}
        <input type="hidden" name="username" autocomplete="username" value={account.value?.email ?? ""} />
        <Field
          name="current"
          label={t("settings.passwordNow")}
          type="password"
          autocomplete="current-password"
        />
        <Field
          name="password"
          label={t("settings.passwordNew")}
          type="password"
          autocomplete="new-password"
          minLength={8}
          hint={t("field.passwordHint")}
        />
        <div class="row">
          <button type="submit" class="button primary" disabled={busy || refusal.waiting}>
            {t("settings.passwordChange")}
          </button>
          <Outcome
            text={refusal.text || (done ? t("settings.passwordDone") : "")}
            failed={refusal.text !== ""}
          />
        </div>
      </form>
    </section>
  );
}

function LoginLine({ login, end }: { login: Login; end(): void }) {
  const { device, created_at, seen_at, current } = login;
  return (
    <li>
      <div class="settings-item">
        <strong dir="auto">{device}</strong>
        {current && <span class="tag">{t("settings.thisLogin")}</span>}
        <small class="quiet">
          <time dateTime={seen_at} title={timeExact(seen_at)}>
            {t("settings.lastSeen", { when: timeAgo(seen_at) })}
          </time>
          {" · "}
          <time dateTime={created_at} title={timeExact(created_at)}>
            {t("settings.signedIn", { when: timeAgo(created_at) })}
          </time>
        </small>
      </div>
      <button type="button" class="button" aria-label={t("settings.signOutOf", { device })} onClick={end}>
        {t("account.signOut")}
      </button>
    </li>
  );
}

/** One's password, and where one is signed in. */
export function Security() {
  const [logins, setLogins] = useState<Login[] | null>(null);
  const outcome = useOutcome();
  const load = async () => {
    const answer = await api.request<{ logins: Login[] }>("GET", "/users/me/logins");
    setLogins(answer.logins);
  };
  useEffect(() => void outcome.act(load, ""), []);
  const end = (login: Login) =>
    login.current
      ? outcome.act(signOut, "")
      : outcome.act(
          async () => {
            await api.request("DELETE", `/users/me/logins/${encodeURIComponent(login.id)}`);
            await load();
          },
          t("settings.signedOutOf", { device: login.device }),
        );
  const everywhere = (here: boolean) =>
    outcome.act(async () => {
      await api.request("DELETE", `/users/me/logins?but_this=${!here}`);
      if (here) askToSignIn();
      else await load();
    }, t("settings.signedOutElsewhere"));
  return (
    <>
      <PasswordForm changed={() => void load()} />
      <section class="stack" aria-label={t("settings.logins")}>
        <h2>{t("settings.logins")}</h2>
        <p class="quiet">{t("settings.loginsHint")}</p>
        {!logins && !outcome.failed && <p class="quiet late">{t("app.loading")}</p>}
        <ul class="settings-list">
          {logins?.map((login) => (
            <LoginLine key={login.id} login={login} end={() => void end(login)} />
          ))}
        </ul>
        <Outcome {...outcome} />
        <div class="row">
          <Confirm
            label={t("settings.everywhereElse")}
            question={t("settings.everywhereAsk")}
            run={() => void everywhere(false)}
          >
            {t("settings.everywhereElse")}
          </Confirm>
          <Confirm
            label={t("settings.everywhere")}
            question={t("settings.everywhereHereAsk")}
            run={() => void everywhere(true)}
          >
            {t("settings.everywhere")}
          </Confirm>
        </div>
      </section>
    </>
  );
}
