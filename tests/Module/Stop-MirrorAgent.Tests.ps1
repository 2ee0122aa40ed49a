BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $directory = New-TestDirectory
    $env:XDG_STATE_HOME = Join-Path $directory 'state'
}

AfterAll { Remove-Item $directory -Recurse -Force -ErrorAction SilentlyContinue }

Describe 'Stop-MirrorAgent' {
    It 'returns when the process has ended and the record is gone' {
        $agent = Start-MirrorAgent (Join-Path $directory 'one')
        $agent | Stop-MirrorAgent
        Get-Process -Id $agent.ProcessId -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Join-Path $agent.StateDirectory 'agent.json' | Should -Not -Exist
    }

    It 'stops nothing with -WhatIf, and says how many pairs it has' {
        $agent = Start-MirrorAgent (Join-Path $directory 'two') -Name two
        try {
            Get-SessionText "Stop-MirrorAgent -Agent '$($agent.StateDirectory)' -WhatIf" | Should -Match 'What if: Stop the mirror agent: two\. 0 pairs'
            (Get-MirrorAgent -Agent $agent).ProcessId | Should -Be $agent.ProcessId
        }
        finally { Stop-MirrorAgent -Agent $agent }
    }

    It 'passes the reference of the agent, which Start-MirrorAgent takes' {
        $agent = Start-MirrorAgent (Join-Path $directory 'three')
        $again = $agent | Stop-MirrorAgent -PassThru | ForEach-Object { Start-MirrorAgent $_.StateDirectory }
        $again.AgentId | Should -Be $agent.AgentId
        Stop-MirrorAgent -Agent $again
    }

    It 'says MirrorAgentNotRunning where none is' {
        { Stop-MirrorAgent -Agent (Join-Path $directory 'none') } | Should -Throw -ErrorId 'MirrorAgentNotRunning,*'
    }
}
