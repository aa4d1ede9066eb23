" Drives ALE in a real Vim with the real server. Prints PASS, or what failed. The
" environment: PEERCHECK (the program), FOLDER (a workspace with bad.go in it),
" PLUGIN (this folder).

set nocompatible noswapfile hidden
let g:ale_linters_explicit = 1
let g:ale_linters = {'go': ['peercheck']}
let g:ale_set_highlights = 0
let g:ale_set_signs = 0
let g:ale_echo_cursor = 0
let g:ale_lint_delay = 50
let g:peercheck_command = $PEERCHECK
packadd ale
" Debian keeps it outside of a package.
if !exists('g:loaded_ale')
  set runtimepath^=/usr/share/vim-ale
  runtime plugin/ale.vim
endif
if !exists('g:loaded_ale')
  call writefile(['MISSING ALE'], '/dev/stdout', 'a')
  qall!
endif
filetype plugin on
execute 'source' $PLUGIN . '/peercheck.vim'

function! s:say(text) abort
  call writefile([a:text], '/dev/stdout', 'a')
endfunction

function! s:texts() abort
  return join(map(copy(ale#engine#GetLoclist(bufnr(''))), 'v:val.lnum . ":" . v:val.col . " " . v:val.text'), "\n")
endfunction

function! s:expect(what, condition) abort
  for l:i in range(600)
    if a:condition()
      call s:say('ok   ' . a:what)
      return
    endif
    sleep 50m
  endfor
  call s:say('FAIL ' . a:what . "\n" . s:texts())
  cquit
endfunction

function! s:run() abort
  try
    execute 'edit' $FOLDER . '/bad.go'
    ALELint
    call s:expect('a finding shows', {-> s:texts() =~# '^6:21 TLS certificate is not verified'})
    call cursor(6, 21)
    ALEHover
    call s:expect('hover explains it', {-> join(map(range(1, winnr('$')), 'join(getbufline(winbufnr(v:val), 1, "$"))')) =~# 'CWE-295'})
    pclose
    call cursor(6, 21)
    call feedkeys("1\<CR>", 't')
    call ale#codefix#Execute(0)
    call s:expect('the fix removes the field', {-> join(getline(1, '$')) !~# 'InsecureSkipVerify'})
    ALELint
    call s:expect('the fix clears the finding', {-> s:texts() ==# ''})
    call s:say('PASS')
    qall!
  catch
    call s:say('FAIL ' . v:exception . ' ' . v:throwpoint)
    cquit
  endtry
endfunction

autocmd VimEnter * ++nested call s:run()
