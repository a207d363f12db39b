import { Anchor, type AnchorProps } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useContext, type MouseEvent, type ReactNode } from 'react';
import { ActingContext } from './context';

const base = '/admin';

/** The address that a link of a plugin means: an entry, the console, a file of the API, or elsewhere. */
export function addressOf(to: string, here: string): { href: string; outside: boolean } {
  if (to.startsWith('https://') || to.startsWith('/api/')) return { href: to, outside: true };
  if (to.startsWith('entry:')) return { href: `${base}/c/${to.slice('entry:'.length)}`, outside: false };
  if (to.startsWith('?')) return { href: here + to, outside: false };
  return { href: base + to, outside: false };
}

interface Props extends AnchorProps {
  to: string;
  dir?: string;
  children: ReactNode;
}

/** A link of a plugin. Inside the console nothing is loaded anew. */
export function Lead({ to, children, ...rest }: Props) {
  const router = useRouter();
  const acting = useContext(ActingContext);
  const { href, outside } = addressOf(to, window.location.pathname);
  const follow = (e: MouseEvent) => {
    if (outside || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    if (to.startsWith('?') && acting?.onParams) acting.onParams(to);
    else router.history.push(href);
  };
  return (
    <Anchor href={href} {...(outside ? { target: '_blank', rel: 'noreferrer' } : { onClick: follow })} {...rest}>
      {children}
    </Anchor>
  );
}
