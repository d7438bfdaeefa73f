import { CoreGenError } from "../../errors.ts";
import { EEXIST, EINVAL, ENOENT } from "../sys/errno.ts";
import {
  NLM_F_CREATE,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  RTM_DELTFILTER,
  RTM_GETTFILTER,
  RTM_NEWTFILTER,
  rtnetlink,
} from "../sys/netlink.ts";
import { type Attributes, AttributeWriter } from "../sys/netlink-attributes.ts";
import { programInfo } from "../sys/program-info.ts";
import { unlessGone } from "./clsact.ts";
import { readTcmsg, TCA_KIND, TCA_OPTIONS, tcmsg, type TcAnswer } from "./tcmsg.ts";

const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_ID = 11;
const TCA_BPF_FLAG_ACT_DIRECT = 1;

const TCA_MATCHALL_ACT = 2;
const TCA_ACT_KIND = 1;
const TCA_ACT_OPTIONS = 2;
const TCA_ACT_BPF_PARMS = 2;
const TCA_ACT_BPF_FD = 5;
const TCA_ACT_BPF_NAME = 6;
const TCA_ACT_BPF_ID = 9;
/** `struct tc_act_bpf`: index, capabilities, action (0: TC_ACT_OK where the program returns TC_ACT_UNSPEC), two counts. */
const TC_ACT_BPF_SIZE = 20;

/** Which filter. */
export interface FilterPlace {
  /** The interface's. */
  readonly index: number;
  readonly parent: number;
  /** 0 lets the kernel choose. */
  readonly handle: number;
  readonly priority: number;
  /** Whether the program is an action: then the filter matches all packets, and runs it on them. */
  readonly isAction: boolean;
}

/** The program of a filter. */
export interface FilterProgram {
  readonly name: string;
  readonly fd: number;
}

interface AddOptions {
  readonly doing: string;
  readonly replace: boolean;
}

/** Adds a filter; returns where the kernel has put it, and its program's id. */
export function addFilter(
  program: FilterProgram,
  place: FilterPlace,
  { doing, replace }: AddOptions,
): FilterPlace & { readonly programId: number } {
  const answers = rtnetlink({
    type: RTM_NEWTFILTER,
    flags: NLM_F_CREATE | NLM_F_ECHO | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
    header: tcmsg(place),
    attributes: place.isAction ? actionOptions(program) : classifierOptions(program),
    doing,
    meanings,
    hints,
  });
  const made = answers.find(({ type }) => type === RTM_NEWTFILTER);
  if (made === undefined) throw new CoreGenError("kernel", `${doing}: the kernel does not say what it has made`);
  const answer = readTcmsg(made.body);
  // Of a new matchall filter, the kernel says neither its handle nor its action (mall_change, seen up to Linux 7.2).
  const handle = answer.handle || place.handle || 1;
  const { priority } = answer;
  return { ...place, handle, priority, programId: programOf(answer) ?? programInfo(program.fd, program.name).id };
}

/** The id of a filter's program; undefined when there is no such filter, or one of another kind. */
export function filterProgram(place: FilterPlace, doing: string): number | undefined {
  const attributes = new AttributeWriter().text(TCA_KIND, kindOf(place));
  const answers = unlessGone(() => rtnetlink({ type: RTM_GETTFILTER, header: tcmsg(place), attributes, doing }));
  const found = answers?.find(({ type }) => type === RTM_NEWTFILTER);
  return found === undefined ? undefined : programOf(readTcmsg(found.body));
}

/** Removes a filter (libbpf: `bpf_tc_detach`); one that is gone is no error. */
export function deleteFilter(place: FilterPlace, doing: string): void {
  const attributes = new AttributeWriter().text(TCA_KIND, kindOf(place));
  unlessGone(() => rtnetlink({ type: RTM_DELTFILTER, header: tcmsg(place), attributes, doing }));
}

function kindOf({ isAction }: FilterPlace): string {
  return isAction ? "matchall" : "bpf";
}

/** A filter whose program says itself what becomes of the packet: `direct-action`. */
function classifierOptions(program: FilterProgram): AttributeWriter {
  const options = new AttributeWriter()
    .i32(TCA_BPF_FD, program.fd)
    .text(TCA_BPF_NAME, shownName(program))
    .u32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  return new AttributeWriter().text(TCA_KIND, "bpf").nested(TCA_OPTIONS, options);
}

function actionOptions(program: FilterProgram): AttributeWriter {
  const parameters = new AttributeWriter()
    .raw(TCA_ACT_BPF_PARMS, new Uint8Array(TC_ACT_BPF_SIZE))
    .i32(TCA_ACT_BPF_FD, program.fd)
    .text(TCA_ACT_BPF_NAME, shownName(program));
  const action = new AttributeWriter().text(TCA_ACT_KIND, "bpf").nested(TCA_ACT_OPTIONS, parameters);
  const options = new AttributeWriter().nested(TCA_MATCHALL_ACT, new AttributeWriter().nested(1, action));
  return new AttributeWriter().text(TCA_KIND, "matchall").nested(TCA_OPTIONS, options);
}

/** What tc shows, as libbpf has it. */
function shownName(program: FilterProgram): string {
  return `${program.name}:[${programInfo(program.fd, program.name).id}]`;
}

/** The program of a filter, or of its only action. */
export function programOf({ attributes }: TcAnswer): number | undefined {
  const options: Attributes = attributes.nested(TCA_OPTIONS);
  if (attributes.text(TCA_KIND) === "bpf") return options.u32(TCA_BPF_ID);
  if (attributes.text(TCA_KIND) !== "matchall") return undefined;
  const action = options.nested(TCA_MATCHALL_ACT).nested(1);
  return action.text(TCA_ACT_KIND) === "bpf" ? action.nested(TCA_ACT_OPTIONS).u32(TCA_ACT_BPF_ID) : undefined;
}

const meanings: ReadonlyMap<number, string> = new Map([
  [EEXIST, "there is a filter of this handle and priority already"],
  [EINVAL, "the kernel does not take this program, or this handle and priority"],
  [ENOENT, "this kernel can't run programs as filters"],
]);

const hints: ReadonlyMap<number, readonly string[]> = new Map([
  [EEXIST, ["Set `replace: true`, or leave out the handle and the priority and let the kernel choose."]],
  [ENOENT, ['It needs CONFIG_NET_CLS_BPF, for SEC("action") CONFIG_NET_CLS_MATCHALL and CONFIG_NET_ACT_BPF.']],
]);
