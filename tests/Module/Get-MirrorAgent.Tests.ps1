BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $directory = New-TestDirectory
    $env:XDG_STATE_HOME = Join-Path $directory 'state'
    $one = Start-MirrorAgent (Join-Path $directory '1') -Name alpha1
    $two = Start-MirrorAgent (Join-Path $directory '2') -Name alpha2
}

AfterAll {
    $one, $two | Stop-MirrorAgent
    Remove-Item $directory -Recurse -Force -ErrorAction SilentlyContinue
}

Describe 'Get-MirrorAgent' {
    It 'shows the agents that this user started' {
        (Get-MirrorAgent).AgentName | Should -Be 'alpha1', 'alpha2' -Because 'both were started on directories of their own'
    }

    It 'takes names and wildcards' {
        (Get-MirrorAgent alpha2).AgentId | Should -Be $two.AgentId
        (Get-MirrorAgent 'alpha*').Count | Should -Be 2
        Get-MirrorAgent 'beta*' | Should -BeNullOrEmpty
    }

    It 'says MirrorAgentNotFound for a name that is not known' {
        { Get-MirrorAgent beta -ErrorAction Stop } | Should -Throw -ErrorId 'MirrorAgentNotFound,*'
    }

    It 'is taken by -Agent as a name, a directory and an object' {
        (Get-MirrorAgent -Agent alpha1).AgentId | Should -Be $one.AgentId
        (Get-MirrorAgent -Agent $one.StateDirectory).AgentId | Should -Be $one.AgentId
        (Get-MirrorAgent -Agent $one).AgentId | Should -Be $one.AgentId
        Push-Location $directory
        try { (Get-MirrorAgent -Agent ./1).AgentId | Should -Be $one.AgentId }
        finally { Pop-Location }
    }

    It 'says AccessDenied where the token is wrong' {
        $copy = New-TestDirectory
        Copy-Item "$($one.StateDirectory)/agent.json" $copy
        Set-Content "$copy/token" 'wrong'
        { Get-MirrorAgent -Agent $copy } | Should -Throw -ErrorId 'AccessDenied,*'
        Remove-Item "$copy/token"
        { Get-MirrorAgent -Agent $copy } | Should -Throw -ErrorId 'MirrorAgentTokenUnreadable,*'
        Remove-Item $copy -Recurse
    }

    It 'completes names of agents' {
        $line = 'Get-MirrorPair -Agent al'
        ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be 'alpha1', 'alpha2'
    }
}
