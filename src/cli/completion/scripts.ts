/**
 * What makes a shell complete. Each hands all words up to the cursor to `moldau __complete`, which
 * answers with a word on each line, a tab and what it is; `:files` stands for the shell's own completion of
 * files.
 */

const bash = `# bash completion of moldau: eval "$(moldau completion bash)"
_moldau() {
  local line word
  COMPREPLY=()
  local current="\${COMP_WORDS[COMP_CWORD]}"
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  # bash breaks words at = and :, which belong to ours.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    local cword prev cur all
    _get_comp_words_by_ref -n =: -w all -i cword -c current
    words=("\${all[@]:1:cword}")
  fi
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current"))
      return
    fi
    word="\${line%%$'\\t'*}"
    COMPREPLY+=("$word")
    [[ $word == *= ]] && compopt -o nospace 2>/dev/null
  done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$current"
}
complete -F _moldau moldau
`;

const zsh = `#compdef moldau
# zsh completion of moldau: eval "$(moldau completion zsh)"
_moldau() {
  local -a candidates
  local line word about
  while IFS= read -r line; do
    if [[ $line == ":files" ]]; then
      _files
      return
    fi
    word="\${line%%$'\\t'*}"
    about="\${line#*$'\\t'}"
    candidates+=("\${word//:/\\\\:}\${about:+:$about}")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe -V moldau candidates
}
compdef _moldau moldau
`;

const fish = `# fish completion of moldau: moldau completion fish > ~/.config/fish/completions/moldau.fish
function __moldau_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l found ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
  if test "$found[1]" = ":files"
    __fish_complete_path "$current"
  else
    printf '%s\\n' $found
  end
end
complete -c moldau -f -a '(__moldau_complete)'
`;

export const completionScripts = { bash, zsh, fish } as const;
