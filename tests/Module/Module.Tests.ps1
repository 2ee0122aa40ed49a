BeforeDiscovery {
    $cmdlets = (Import-PowerShellDataFile (Join-Path $PSScriptRoot '../../MirrorTools.psd1')).CmdletsToExport
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $staged = Get-StagedModulePath
}

Describe 'The module' {
    It 'exports exactly the cmdlets that its manifest lists' {
        (Get-Command -Module MirrorTools).Name | Sort-Object | Should -Be ((Import-PowerShellDataFile "$staged/MirrorTools.psd1").CmdletsToExport | Sort-Object)
    }

    It 'has every cmdlet class in its manifest' {
        $classes = [MirrorTools.Cmdlets.Connection.MirrorCmdlet].Assembly.GetExportedTypes() | Where-Object { $_.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false) }
        $classes.Count | Should -Be (Get-Command -Module MirrorTools).Count
    }

    It 'has a test file for every cmdlet' {
        foreach ($name in (Get-Command -Module MirrorTools).Name) { Join-Path $PSScriptRoot "$name.Tests.ps1" | Should -Exist }
    }

    It 'uses approved verbs only' {
        $approved = (Get-Verb).Verb
        (Get-Command -Module MirrorTools).Verb | Sort-Object -Unique | Should -BeIn $approved
    }

    It 'depends on nothing but its contracts, PowerShell and .NET Standard' {
        $references = [MirrorTools.Cmdlets.Connection.MirrorCmdlet].Assembly.GetReferencedAssemblies().Name
        $references | Should -BeIn 'MirrorTools.Contracts', 'System.Management.Automation', 'netstandard'
        [MirrorTools.Contracts.Routes].Assembly.GetReferencedAssemblies().Name | Should -BeIn 'netstandard'
        (Get-ChildItem $staged -Filter *.dll).Name | Sort-Object | Should -Be 'MirrorTools.Cmdlets.dll', 'MirrorTools.Contracts.dll'
    }

    It 'has the agent inside' {
        Join-Path $staged 'agent/mirror-agent.dll' | Should -Exist
    }

    It 'carries one version in module, cmdlets and agent' {
        $version = (Import-PowerShellDataFile "$staged/MirrorTools.psd1").ModuleVersion
        foreach ($file in 'MirrorTools.Cmdlets.dll', 'MirrorTools.Contracts.dll', 'agent/mirror-agent.dll') {
            [Diagnostics.FileVersionInfo]::GetVersionInfo("$staged/$file").FileVersion | Should -Be "$version.0"
        }
    }

    It 'shows at most seven columns in each table, and has a table for each type that is written' {
        [xml] $format = Get-Content "$staged/MirrorTools.Format.ps1xml"
        foreach ($view in $format.Configuration.ViewDefinitions.View) {
            @($view.TableControl.TableHeaders.TableColumnHeader).Count | Should -BeLessOrEqual 7 -Because $view.Name
            @($view.TableControl.TableHeaders.TableColumnHeader).Count | Should -Be @($view.TableControl.TableRowEntries.TableRowEntry.TableColumnItems.TableColumnItem).Count
        }
        $written = (Get-Command -Module MirrorTools).OutputType.Name | Where-Object { $_ -like 'MirrorTools.*' -and $_ -notlike '*Reference' } | Sort-Object -Unique
        $written | Should -BeIn $format.Configuration.ViewDefinitions.View.ViewSelectedBy.TypeName
    }

    It 'has the topic <_>' -ForEach 'about_MirrorTools', 'about_Flashcopy', 'about_AsyncCopy', 'about_MirrorRecovery', 'about_MirrorSecurity' {
        (Get-Help $_ | Out-String) | Should -Match 'SHORT DESCRIPTION'
    }
}

Describe 'Help of <_>' -ForEach $cmdlets {
    BeforeAll { $help = Get-Help $_ -Full; $name = $_ }

    It 'has a synopsis, a description and two examples' {
        $help.Synopsis.Trim() | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match '\[<CommonParameters>\]'
        ($help.description | Out-String).Trim() | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 2
    }

    It 'explains every parameter' {
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        foreach ($parameter in (Get-Command $name).Parameters.Keys | Where-Object { $_ -notin $common }) {
            ($help.parameters.parameter | Where-Object name -EQ $parameter).description.Text | Should -Not -BeNullOrEmpty -Because "-$parameter"
        }
    }

    It 'has examples that PowerShell can bind to the parameters' {
        foreach ($example in $help.examples.example) {
            $errors = $null
            $tree = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref]$null, [ref]$errors)
            $errors | Should -BeNullOrEmpty
            foreach ($command in $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
                $known = Get-Command $command.GetCommandName() -ErrorAction SilentlyContinue
                if ($known.Source -ne 'MirrorTools') { continue }
                foreach ($given in $command.CommandElements | Where-Object { $_ -is [System.Management.Automation.Language.CommandParameterAst] }) {
                    $known.ResolveParameter($given.ParameterName) | Should -Not -BeNullOrEmpty
                }
            }
        }
    }

    It 'takes -Agent, and -WhatIf where it changes something' {
        $command = Get-Command $name
        $command.Parameters.Keys | Should -Contain 'Agent'
        $changes = $name -notmatch '^(Get|Wait|Read)-'
        $command.Parameters.ContainsKey('WhatIf') | Should -Be $changes
    }
}
