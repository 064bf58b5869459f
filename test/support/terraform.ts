/**
 * Terraform and its AWS provider on this machine, unmodified. The provider comes from a plugin directory, because nothing
 * is downloaded here: SLIPWAY_TERRAFORM_PLUGINS, or one of the places where mirrors usually lie. Tests without them are
 * skipped and say so.
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export const terraform = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'terraform'))
  .find(existsSync);

const childrenOf = (directory: string) =>
  existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];

const candidates = [
  process.env['SLIPWAY_TERRAFORM_PLUGINS'] ?? '',
  join(homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
  ...childrenOf('/opt'),
];

/** The directory that holds `registry.terraform.io/hashicorp/aws`. */
export const plugins = candidates.find((one) => one && existsSync(join(one, 'registry.terraform.io/hashicorp/aws')));

/** Why such a test cannot run; false when it can. */
export const skipTerraform: string | false = !terraform
  ? 'terraform is not on the PATH'
  : !plugins && 'no plugin directory holds hashicorp/aws: set SLIPWAY_TERRAFORM_PLUGINS';
