import { useState, type FormEvent, type ReactElement } from 'react';
import type { Failure } from '../api/mod.ts';

interface SignInProps {
  /** What the server said. */
  readonly failure: Failure;
  /** True when a token was sent and was not taken. */
  readonly refused: boolean;
  readonly onToken: (token: string) => void;
}

/** Asks for a token. It is kept for this tab only, and goes when the tab is closed. */
export function SignIn({ failure, refused, onToken }: SignInProps): ReactElement {
  const [token, setToken] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const trimmed = token.trim();
    if (trimmed !== '') onToken(trimmed);
  };
  return (
    <main className="sign-in">
      <title>Sign in – Belfry</title>
      <form className="panel sign-in-form" onSubmit={submit}>
        <h1>Belfry</h1>
        <p>
          {refused ? 'The server did not take this token.' : 'This server shows its town only to those with a token.'}
        </p>
        {refused && (
          <p className="state state-failed" role="alert">
            {failure.detail === '' ? failure.title : failure.detail}
          </p>
        )}
        <label>
          <span>Token</span>
          <input
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <button type="submit" className="button button-main" disabled={token.trim() === ''}>
          Sign in
        </button>
        <p className="muted small">
          An operator makes one with <code>belfry token create</code>. It is kept in this tab only.
        </p>
      </form>
    </main>
  );
}
