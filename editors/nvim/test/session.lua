-- Drives a real Neovim through a session with the real server, and prints
-- "PASS" or what failed. The environment: PEERCHECK (the program), FOLDER (a
-- workspace with bad.go in it), PLUGIN (this plugin's folder).
vim.opt.runtimepath:prepend(vim.env.PLUGIN)
vim.cmd('runtime plugin/peercheck.lua')

local failed = false
local function expect(what, condition)
  local met = vim.wait(20000, condition, 10)
  print((met and 'ok   ' or 'FAIL ') .. what)
  if not met then
    failed = true
    print(vim.inspect(vim.diagnostic.get(nil)))
  end
  return met
end

local function codes(bufnr)
  local all = {}
  for _, d in ipairs(vim.diagnostic.get(bufnr)) do
    local lsp = d.user_data and d.user_data.lsp
    table.insert(all, d.code or (lsp and lsp.code))
  end
  table.sort(all)
  return table.concat(all, ' ')
end

local function run()
  require('peercheck').setup({ cmd = { vim.env.PEERCHECK, 'lsp' }, settings = { existing = 'same' } })
  vim.cmd('edit ' .. vim.env.FOLDER .. '/bad.go')
  local bufnr = vim.api.nvim_get_current_buf()
  local wanted = 'go/tls-verification-disabled'
  expect('a finding shows', function() return codes(bufnr) == wanted end)
  local found = vim.diagnostic.get(bufnr)[1]
  expect('it is an error at its place', function()
    return found and found.severity == vim.diagnostic.severity.ERROR and found.source == 'peercheck' and found.lnum == 5
  end)

  local uri = vim.uri_from_bufnr(bufnr)
  local function ask(method, params)
    local answers = vim.lsp.buf_request_sync(bufnr, method, params, 20000) or {}
    for _, answer in pairs(answers) do
      return answer.result, answer.error
    end
  end
  local hover = ask('textDocument/hover', { textDocument = { uri = uri }, position = { line = 5, character = found.col } })
  expect('hover explains it', function() return hover and hover.contents.value:find('CWE%-295') ~= nil end)

  -- An edit above moves the finding with its text, without a save.
  vim.api.nvim_buf_set_lines(bufnr, 3, 3, false, { '// 😀 unsaved', '' })
  expect('the finding moves with its text', function()
    local d = vim.diagnostic.get(bufnr)[1]
    return codes(bufnr) == wanted and d.lnum == 7
  end)

  local range = { start = { line = 7, character = found.col }, ['end'] = { line = 7, character = found.col } }
  local actions = ask('textDocument/codeAction', { textDocument = { uri = uri }, range = range, context = { diagnostics = {}, only = { 'quickfix' } } })
  local fix, ignore
  for _, action in ipairs(actions or {}) do
    if action.kind == 'quickfix.ignore' then ignore = action else fix = fix or action end
  end
  expect('a fix and an ignore comment are offered', function() return fix and ignore and fix.edit and ignore.edit end)
  local encoding = 'utf-16'
  vim.cmd('let &undolevels = &undolevels') -- undo goes back to here
  vim.lsp.util.apply_workspace_edit(fix.edit, encoding)
  expect('the fix clears the finding', function() return codes(bufnr) == '' end)
  expect('the fix removed the field', function()
    return not table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n'):find('InsecureSkipVerify')
  end)

  vim.cmd('undo')
  expect('undo brings it back', function() return codes(bufnr) == wanted end)
  vim.cmd('let &undolevels = &undolevels')
  vim.lsp.util.apply_workspace_edit(ignore.edit, encoding)
  expect('an ignore without a reason silences nothing', function()
    return codes(bufnr) == wanted .. ' ignore/malformed'
  end)
  vim.api.nvim_buf_set_text(bufnr, 7, #vim.api.nvim_buf_get_lines(bufnr, 7, 8, false)[1], 7, #vim.api.nvim_buf_get_lines(bufnr, 7, 8, false)[1], { 'a test server' })
  expect('with a reason it does', function() return codes(bufnr) == '' end)
  vim.cmd('silent undo')
  expect('undo brings it back again', function() return codes(bufnr) == wanted end)

  vim.cmd('PeercheckToggle')
  expect('switched off, nothing shows', function() return codes(bufnr) == '' end)
  vim.cmd('PeercheckToggle')
  expect('switched on, it shows again', function() return codes(bufnr) == wanted end)

  local before = require('peercheck').clients()[1].id
  vim.cmd('PeercheckRestart')
  expect('another server starts', function()
    local client = require('peercheck').clients()[1]
    return client ~= nil and client.id ~= before
  end)
  expect('it finds the same', function() return codes(bufnr) == wanted end)

  vim.cmd('PeercheckExplain go/tls-verification-disabled')
  expect('the page of a check opens', function()
    return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'):find('CWE%-295') ~= nil
  end)
  vim.cmd('bwipeout!')

  vim.cmd('bdelete! ' .. bufnr)
  expect('closing clears', function() return #vim.diagnostic.get(bufnr) == 0 end)

  vim.cmd('checkhealth peercheck')
  local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  expect('the health check is content', function() return health:find('a server runs for') ~= nil and not health:find('ERROR') end)
end

local ok, err = pcall(run)
if not ok then
  failed = true
  print('FAIL ' .. tostring(err))
end
for _, client in ipairs(require('peercheck').clients()) do
  client.stop()
end
vim.wait(5000, function() return #require('peercheck').clients() == 0 end, 10)
print(failed and 'FAIL' or 'PASS')
vim.cmd(failed and 'cquit! 1' or 'qall!')
