import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { asProblem, type Problem } from '../../api/problem';
import { askLink, enterCode, signIn, waysQuery } from '../../api/session';
import { useI18n } from '../../i18n/i18n';

interface Props {
  email?: string;
  onDone(): Promise<void> | void;
}

/** Asks who one is, and for the second factor of those who have one. onDone is told once the server knows. */
export function SignInForm({ email: known = '', onDone }: Props) {
  const { t } = useI18n();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [ticket, setTicket] = useState('');
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');

  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setWrong('');
    try {
      await work();
    } catch (error) {
      const problem: Problem = asProblem(error);
      if (problem.code === 'second_factor_needed') setTicket(String(problem.more.ticket));
      else setWrong(problem.message || t('offline'));
    } finally {
      setBusy(false);
    }
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void attempt(async () => {
      await signIn(email.trim(), password);
      await onDone();
    });
  };

  if (ticket) {
    const enter = (code: string) => attempt(async () => {
      await enterCode(ticket, code);
      await onDone();
    });
    return <Code wrong={wrong} busy={busy} onEnter={(code) => void enter(code)} onBack={() => setTicket('')} />;
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {wrong && <Alert color="red" role="alert">{wrong}</Alert>}
        {asked && <Alert color="blue" role="status">{t('session.link_asked')}</Alert>}
        <TextInput label={t('session.email')} type="email" name="email" autoComplete="username" dir="ltr" required value={email} onChange={(e) => setEmail(e.currentTarget.value)} data-autofocus={known === '' || undefined} />
        <PasswordInput
          label={t('session.password')} name="password" autoComplete="current-password" dir="ltr" required value={password}
          onChange={(e) => setPassword(e.currentTarget.value)} data-autofocus={known !== '' || undefined}
          visibilityToggleButtonProps={{ 'aria-label': t('session.show_password') }}
        />
        <Button type="submit" loading={busy}>{t('session.sign_in')}</Button>
        <OtherWays
          email={email}
          onAsk={() => void attempt(async () => {
            await askLink(email.trim());
            setAsked(true);
          })}
        />
      </Stack>
    </form>
  );
}

/** The ways to sign in without a password, where there are some. */
function OtherWays({ email, onAsk }: { email: string; onAsk(): void }) {
  const { t } = useI18n();
  const { data } = useQuery(waysQuery);
  return (
    <>
      {data?.link && <Button variant="subtle" disabled={!email.includes('@')} onClick={onAsk}>{t('session.ask_link')}</Button>}
      {data?.elsewhere && <Anchor ta="center" size="sm" href="/api/v1/session/oidc">{t('session.elsewhere', { name: data.elsewhere })}</Anchor>}
    </>
  );
}

interface CodeProps {
  wrong: string;
  busy: boolean;
  onEnter(code: string): void;
  onBack(): void;
}

/** The second step of those who have a second factor. */
function Code({ wrong, busy, onEnter, onBack }: CodeProps) {
  const { t } = useI18n();
  const [code, setCode] = useState('');
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        onEnter(code.trim());
      }}
    >
      <Stack>
        {wrong && <Alert color="red" role="alert">{wrong}</Alert>}
        <Text size="sm">{t('session.code_help')}</Text>
        <TextInput label={t('session.code')} name="code" autoComplete="one-time-code" inputMode="text" dir="ltr" required autoFocus value={code} onChange={(e) => setCode(e.currentTarget.value)} />
        <Button type="submit" loading={busy}>{t('session.sign_in')}</Button>
        <Button variant="subtle" onClick={onBack}>{t('cancel')}</Button>
      </Stack>
    </form>
  );
}
