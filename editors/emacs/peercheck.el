;;; peercheck.el --- security peer review while you type  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; URL: https://github.com/peercheck/peercheck

;;; Commentary:

;; For Eglot (built in since Emacs 29, on GNU ELPA before) and for lsp-mode.
;;
;;   (require 'peercheck)
;;   (peercheck-eglot-setup)        ; then M-x eglot in a buffer, or a hook
;;
;; or, with lsp-mode, which runs it beside the other servers of a buffer:
;;
;;   (peercheck-lsp-mode-setup)
;;
;; Eglot has one server a buffer.  `peercheck-eglot-setup' takes the modes that
;; peercheck should serve; leave out those for which you use another server.

;;; Code:

(defgroup peercheck nil
  "Security peer review while you type."
  :group 'tools)

(defcustom peercheck-command '("peercheck" "lsp")
  "The program and its arguments."
  :type '(repeat string))

(defcustom peercheck-existing "information"
  "How findings show that are in HEAD already."
  :type '(choice (const "information") (const "same") (const "hide")))

(defvar eglot-server-programs)
(defvar eglot-stay-out-of)

;;;###autoload
(defun peercheck-eglot-setup (&optional modes)
  "Let Eglot start peercheck in MODES, by default all programming and text modes."
  (require 'eglot)
  (add-to-list 'eglot-server-programs
               `(,(or modes '(prog-mode text-mode conf-mode))
                 . (,@peercheck-command
                    :initializationOptions (:existing ,peercheck-existing)))))

(declare-function lsp-register-client "ext:lsp-mode")
(declare-function make-lsp-client "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")

;;;###autoload
(defun peercheck-lsp-mode-setup ()
  "Let lsp-mode start peercheck beside the other servers of a buffer."
  (require 'lsp-mode)
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection (lambda () peercheck-command))
    :activation-fn (lambda (&rest _) t)
    :add-on? t
    :initialization-options (lambda () (list :existing peercheck-existing))
    :server-id 'peercheck)))

(provide 'peercheck)
;;; peercheck.el ends here
