BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $directory = New-TestDirectory
    $env:XDG_STATE_HOME = Join-Path $directory 'state'
}

AfterAll { Remove-Item $directory -Recurse -Force -ErrorAction SilentlyContinue }

Describe 'Start-MirrorAgent' {
    It 'starts an agent that answers, and makes the state directory' {
        $state = Join-Path $directory 'one'
        $agent = Start-MirrorAgent $state -Name first -ListenAddress 127.0.0.1:0
        try {
            $agent.AgentName | Should -Be 'first'
            $agent.StateDirectory | Should -Be $state
            (Get-Process -Id $agent.ProcessId).Id | Should -Be $agent.ProcessId
            Join-Path $state 'token' | Should -Exist
        }
        finally { Stop-MirrorAgent -Agent $agent }
    }

    It 'says in a sentence why an agent did not start' {
        $problem = { Start-MirrorAgent (Join-Path $directory 'elsewhere') -ListenAddress 203.0.113.7:7400 -ErrorAction Stop } | Should -Throw -ErrorId 'MirrorAgentDidNotStart,*' -PassThru
        $problem.Exception.Message | Should -Match "mirror-agent: The link can't listen on 203\.0\.113\.7:7400: .*\. Choose another address for it\.$"
        $problem.Exception.Message | Should -Not -Match ' at .*\(|---'
    }

    It 'uses the state directory of the environment where none is given' {
        $env:MIRRORTOOLS_STATE = Join-Path $directory 'named'
        try {
            (Start-MirrorAgent).StateDirectory | Should -Be $env:MIRRORTOOLS_STATE
            (Get-MirrorAgent).StateDirectory | Should -Be $env:MIRRORTOOLS_STATE
            Stop-MirrorAgent
        }
        finally { $env:MIRRORTOOLS_STATE = $null }
    }

    It 'says MirrorAgentAlreadyRunning for a second agent on the same state' {
        $agent = Start-MirrorAgent (Join-Path $directory 'twice')
        try {
            { Start-MirrorAgent (Join-Path $directory 'twice') -ErrorAction Stop } | Should -Throw -ErrorId 'MirrorAgentAlreadyRunning,*'
            (Get-MirrorAgent -Agent $agent).ProcessId | Should -Be $agent.ProcessId
        }
        finally { Stop-MirrorAgent -Agent $agent }
    }

    It 'leaves the agent running when the session that started it has ended, whose output is then closed' {
        $state = Join-Path $directory 'left'
        # Reading to the end of the pipe returns only if the agent does not hold it open.
        $id = pwsh -NoProfile -Command "Import-Module '$(Get-StagedModulePath)'; (Start-MirrorAgent '$state').ProcessId"
        try {
            $agent = Get-MirrorAgent -Agent $state
            $agent.ProcessId | Should -Be ([int] $id)
        }
        finally { Stop-MirrorAgent -Agent $state }
    }

    It 'starts again after a kill, over the stale record' -Skip:$IsWindows {
        $state = Join-Path $directory 'killed'
        $first = Start-MirrorAgent $state
        Stop-Process -Id $first.ProcessId -Force
        Wait-Until { -not (Get-Process -Id $first.ProcessId -ErrorAction SilentlyContinue) }
        { Get-MirrorAgent -Agent $state -ErrorAction Stop } | Should -Throw -ErrorId 'MirrorAgentNotRunning,*'
        $second = Start-MirrorAgent $state
        try { $second.AgentId | Should -Be $first.AgentId }
        finally { Stop-MirrorAgent -Agent $state }
    }

    It 'says what the agent said where it does not start' {
        $problem = { Start-MirrorAgent (Join-Path $directory 'bad') -ListenAddress nonsense -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'MirrorAgentDidNotStart,*'
        $problem.Exception.Message | Should -Match 'nonsense'
    }

    It 'does nothing with -WhatIf' {
        $state = Join-Path $directory 'whatif'
        Start-MirrorAgent $state -WhatIf
        $state | Should -Not -Exist
    }
}
