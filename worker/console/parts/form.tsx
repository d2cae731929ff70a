/** @jsxImportSource hono/jsx */
/** Forms: what was typed stays, and what was wrong stands beside it. */
import type { Child } from "hono/jsx";
import type { Problem } from "../ask.ts";
import { FormToken, type Reader } from "./page.tsx";
import { Note } from "./show.tsx";

/** A form as it was sent: the values that were typed. */
export type Typed = Record<string, string>;

export function Form({ reader, action, problem, line, children }: {
  reader: Reader;
  action: string;
  problem?: Problem | undefined;
  /** Its fields stand beside each other. */
  line?: boolean;
  children?: Child;
}) {
  return (
    <>
      {problem && <Refused problem={problem} />}
      <form method="post" action={action} class={line ? "line" : undefined}>
        <FormToken reader={reader} />
        {children}
      </form>
    </>
  );
}

/** The worker's own sentence. */
export function Refused({ problem }: { problem: Problem }) {
  return (
    <Note tone="bad" title="That was not done.">
      <span>{problem.detail}</span>
    </Note>
  );
}

interface FieldProps {
  name: string;
  label: string;
  hint?: Child;
  value?: string | undefined;
  problem?: Problem | undefined;
  /** The field's name in the body that the route takes, if it is another. */
  field?: string;
  type?: string;
  required?: boolean;
  autocomplete?: string;
  placeholder?: string;
  /** Another one than its name, where a page has several fields of that name. */
  id?: string;
}

/** What the worker says of one field. */
function faultOf(problem: Problem | undefined, field: string): string | undefined {
  return problem?.errors?.find((error) =>
    error.field === field || error.field.endsWith(`.${field}`)
  )
    ?.problem;
}

export function Field({ name, label, hint, value, problem, field = name, ...more }: FieldProps) {
  const fault = faultOf(problem, field);
  const { type = "text", required = false, autocomplete = "off", placeholder, id = name } = more;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint !== undefined && <span class="hint" id={`${id}-hint`}>{hint}</span>}
      <input
        id={id}
        name={name}
        type={type}
        value={value}
        required={required}
        autocomplete={autocomplete}
        placeholder={placeholder}
        aria-describedby={described(id, hint, fault)}
        aria-invalid={fault === undefined ? undefined : "true"}
      />
      <Fault name={id} fault={fault} />
    </div>
  );
}

export function Area(
  { name, label, hint, value, problem, field = name, isKey = false }: FieldProps & {
    isKey?: boolean;
  },
) {
  const fault = faultOf(problem, field);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint !== undefined && <span class="hint" id={`${name}-hint`}>{hint}</span>}
      <textarea
        id={name}
        name={name}
        spellcheck={false}
        data-key={isKey || undefined}
        aria-describedby={`${hint === undefined ? "" : `${name}-hint `}${name}-fault`}
        aria-invalid={fault === undefined ? undefined : "true"}
      >
        {value ?? ""}
      </textarea>
      <span class="wrong" id={`${name}-fault`} aria-live="polite">{fault ?? ""}</span>
    </div>
  );
}

export function Choose({ name, label, hint, value, options, problem, field = name }: FieldProps & {
  options: [value: string, words: string][];
}) {
  const fault = faultOf(problem, field);
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {hint !== undefined && <span class="hint" id={`${name}-hint`}>{hint}</span>}
      <select id={name} name={name} aria-describedby={described(name, hint, fault)}>
        {options.map(([option, words]) => (
          <option value={option} selected={option === value}>{words}</option>
        ))}
      </select>
      <Fault name={name} fault={fault} />
    </div>
  );
}

export function Check({ name, label, value = "yes", checked, id = name }: {
  name: string;
  label: Child;
  value?: string;
  checked?: boolean;
  id?: string;
}) {
  return (
    <label class="choice" for={id}>
      <input type="checkbox" id={id} name={name} value={value} checked={checked} />
      <span>{label}</span>
    </label>
  );
}

function Fault({ name, fault }: { name: string; fault: string | undefined }) {
  return fault === undefined ? null : <span class="wrong" id={`${name}-fault`}>{fault}</span>;
}

function described(name: string, hint: Child | undefined, fault: string | undefined) {
  const ids = [
    hint === undefined ? [] : `${name}-hint`,
    fault === undefined ? [] : `${name}-fault`,
  ];
  return ids.flat().join(" ") || undefined;
}
