" For Vim 8 or 9: source this file from vimrc, after the plugin that speaks LSP.
" It knows yegappan/lsp (Vim 9), prabirshrestha/vim-lsp and ALE, and uses the
" first of them that is there. Findings of ALE come beside those of other linters.

let g:peercheck_command = get(g:, 'peercheck_command', 'peercheck')
let s:options = {'existing': 'information'}
let s:filetypes = ['go', 'dockerfile', 'yaml', 'json', 'sh', 'python', 'javascript', 'typescript', 'terraform', 'conf']

" The root of a buffer is its repository, or else its folder.
function! PeercheckRoot(buffer) abort
  let l:folder = fnamemodify(bufname(a:buffer), ':p:h')
  let l:git = finddir('.git', l:folder . ';')
  return empty(l:git) ? l:folder : fnamemodify(l:git, ':p:h:h')
endfunction

function! s:setup() abort
  if exists('*LspAddServer')
    call LspAddServer([#{
          \ name: 'peercheck',
          \ filetype: s:filetypes,
          \ path: g:peercheck_command,
          \ args: ['lsp'],
          \ initializationOptions: s:options,
          \ }])
  elseif exists('g:lsp_loaded') || exists('*lsp#register_server')
    call lsp#register_server({
          \ 'name': 'peercheck',
          \ 'cmd': {server_info -> [g:peercheck_command, 'lsp']},
          \ 'allowlist': ['*'],
          \ 'initialization_options': s:options,
          \ })
  elseif exists('g:loaded_ale')
    for l:filetype in s:filetypes
      call ale#linter#Define(l:filetype, {
            \ 'name': 'peercheck',
            \ 'lsp': 'stdio',
            \ 'executable': {buffer -> g:peercheck_command},
            \ 'command': '%e lsp',
            \ 'project_root': function('PeercheckRoot'),
            \ 'initialization_options': s:options,
            \ })
    endfor
  endif
endfunction

" Plugins of packages are loaded after vimrc.
if v:vim_did_enter
  call s:setup()
else
  autocmd VimEnter * call s:setup()
endif
