-- peercheck for Neovim. 0.11 and later need `vim.lsp.enable('peercheck')` alone;
-- setup() does the same there, and starts the server by hand on 0.7 to 0.10.
local M = {}

M.options = {
  -- The program and its arguments. A name without a slash is looked up in PATH.
  cmd = { 'peercheck', 'lsp' },
  -- Files that mark the root of a workspace, the nearest above the buffer.
  root_markers = { '.peercheck.yaml', 'go.work', 'go.mod', '.git' },
  -- File types to judge; nil judges every file of a normal buffer.
  filetypes = nil,
  -- What the server is told: see `:help peercheck-settings`.
  settings = {},
}

-- The settings of the server, as initializationOptions.
local function server_settings()
  return vim.tbl_extend('force', { enabled = true, existing = 'information' }, M.options.settings)
end

-- config gives the table that vim.lsp.start and vim.lsp.config take.
function M.config()
  return {
    name = 'peercheck',
    cmd = M.options.cmd,
    root_markers = M.options.root_markers,
    filetypes = M.options.filetypes,
    init_options = server_settings(),
    settings = { peercheck = server_settings() },
  }
end

local function root_of(file)
  local dir = vim.fn.fnamemodify(file, ':p:h')
  if vim.fs and vim.fs.find then
    local found = vim.fs.find(M.options.root_markers, { path = dir, upward = true })[1]
    return found and vim.fn.fnamemodify(found, ':h') or dir
  end
  for _, marker in ipairs(M.options.root_markers) do
    local found = vim.fn.finddir(marker, dir .. ';')
    if found == '' then
      found = vim.fn.findfile(marker, dir .. ';')
    end
    if found ~= '' then
      return (vim.fn.fnamemodify(found, ':p'):gsub('/$', '')):match('^(.*)/[^/]*$')
    end
  end
  return dir
end

local function wanted(bufnr)
  local filetype = vim.api.nvim_buf_get_option(bufnr, 'filetype')
  return vim.api.nvim_buf_get_option(bufnr, 'buftype') == ''
    and vim.api.nvim_buf_get_name(bufnr) ~= ''
    and (M.options.filetypes == nil or vim.tbl_contains(M.options.filetypes, filetype))
end

local by_root = {} -- 0.7: client ids by root

-- attach starts the server for a buffer, or uses the one of its root.
function M.attach(bufnr)
  bufnr = bufnr or vim.api.nvim_get_current_buf()
  if not wanted(bufnr) then
    return
  end
  local config = M.config()
  config.root_dir = root_of(vim.api.nvim_buf_get_name(bufnr))
  config.root_markers, config.filetypes = nil, nil
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = bufnr })
    return
  end
  local root = config.root_dir
  local id = by_root[root]
  if not (id and vim.lsp.get_client_by_id(id)) then
    config.workspace_folders = { { uri = vim.uri_from_fname(root), name = root } }
    id = vim.lsp.start_client(config)
    by_root[root] = id
  end
  if id then
    vim.lsp.buf_attach_client(bufnr, id)
  end
end

-- clients gives the running clients of peercheck.
function M.clients()
  local get = vim.lsp.get_clients or vim.lsp.get_active_clients
  return vim.tbl_filter(function(client)
    return client.name == 'peercheck'
  end, get())
end

-- toggle switches judging on or off, at once and for all buffers.
function M.toggle()
  M.options.settings.enabled = M.options.settings.enabled == false
  for _, client in ipairs(M.clients()) do
    client.config.settings = { peercheck = server_settings() }
    client.notify('workspace/didChangeConfiguration', { settings = client.config.settings })
  end
  vim.notify('peercheck is ' .. (M.options.settings.enabled and 'on' or 'off'))
end

-- restart ends the servers and starts them again, after an update of the program.
function M.restart()
  local buffers = {}
  for _, client in ipairs(M.clients()) do
    for bufnr in pairs(client.attached_buffers or {}) do
      buffers[bufnr] = true
    end
    client.stop()
  end
  local function again(tries)
    if #M.clients() > 0 and tries > 0 then
      vim.defer_fn(function()
        again(tries - 1)
      end, 50)
      return
    end
    for bufnr in pairs(buffers) do
      if vim.api.nvim_buf_is_loaded(bufnr) then
        M.attach(bufnr)
      end
    end
  end
  again(100)
end

local function checks(callback)
  local client = M.clients()[1]
  if not client then
    vim.notify('peercheck is not running; open a file first', vim.log.levels.WARN)
    return
  end
  client.request('workspace/executeCommand', { command = 'peercheck.checks' }, function(_, result)
    callback(client, result or {})
  end)
end

-- explain shows the page of a check: of the one named, or else of one that is chosen.
function M.explain(id)
  local function show(client, name)
    client.request('workspace/executeCommand', { command = 'peercheck.explain', arguments = { name } }, function(err, page)
      if err then
        vim.notify(err.message, vim.log.levels.ERROR)
        return
      end
      vim.cmd('new')
      local bufnr = vim.api.nvim_get_current_buf()
      vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(page, '\n'))
      for option, value in pairs({ buftype = 'nofile', bufhidden = 'wipe', swapfile = false, modifiable = false, filetype = 'markdown' }) do
        vim.api.nvim_buf_set_option(bufnr, option, value)
      end
    end)
  end
  checks(function(client, all)
    if id and id ~= '' then
      show(client, id)
      return
    end
    vim.ui.select(all, {
      prompt = 'Check',
      format_item = function(item)
        return item.id .. ': ' .. item.title
      end,
    }, function(item)
      if item then
        show(client, item.id)
      end
    end)
  end)
end

-- fix_all applies all safe fixes of the buffer.
function M.fix_all()
  vim.lsp.buf.code_action({ context = { only = { 'source.fixAll.peercheck' }, diagnostics = {} }, apply = true })
end

-- setup starts the server in every buffer from now on, and in those that are open.
function M.setup(options)
  M.options = vim.tbl_deep_extend('force', M.options, options or {})
  if vim.lsp.enable then
    vim.lsp.config('peercheck', M.config())
    vim.lsp.enable('peercheck')
    return
  end
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile', 'FileType' }, {
    group = vim.api.nvim_create_augroup('peercheck', { clear = true }),
    callback = function(event)
      M.attach(event.buf)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      M.attach(bufnr)
    end
  end
end

return M
